// The same model as kernel.ts with std::priority_queue: 64 M/M/4 stations at utilisation 0.8.
// g++ -O3 -o kernel kernel.cpp && ./kernel EVENTS
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <queue>
#include <vector>

struct Event {
  double time;
  uint64_t rank;
  int32_t code, subject;
};
struct Later {
  bool operator()(const Event& a, const Event& b) const {
    return a.time > b.time || (a.time == b.time && a.rank > b.rank);
  }
};

static uint32_t a = 1, b = 2, c = 3, d = 1;
static inline uint32_t bits() {  // sfc32
  uint32_t t = a + b + d++;
  a = b ^ (b >> 9);
  b = c + (c << 3);
  c = ((c << 21) | (c >> 11)) + t;
  return t;
}
static inline double exponential(double mean) { return -mean * std::log((bits() + 0.5) / 4294967296.0); }

int main(int argc, char** argv) {
  const long events = argc > 1 ? atol(argv[1]) : 3000000;
  const int stations = 64, servers = 4;
  const double service = 1e6, gap = service / (servers * 0.8);
  for (int i = 0; i < 16; i++) bits();
  std::priority_queue<Event, std::vector<Event>, Later> queue;
  uint64_t sequence = 0;
  std::vector<int> number(stations, 0);
  long inside = 0;
  double area = 0, last = 0;
  for (int s = 0; s < stations; s++) queue.push({std::round(exponential(gap)), (1ull << 48) + sequence++, 1, s});
  const std::clock_t before = std::clock();
  for (long i = 0; i < events; i++) {
    const Event event = queue.top();
    queue.pop();
    area += inside * (event.time - last);
    last = event.time;
    const int s = event.subject;
    if (event.code == 1) {
      queue.push({event.time + std::round(exponential(gap)), (1ull << 48) + sequence++, 1, s});
      inside++;
      if (++number[s] <= servers) queue.push({event.time + std::round(exponential(service)), (2ull << 48) + sequence++, 2, s});
    } else {
      inside--;
      if (--number[s] >= servers) queue.push({event.time + std::round(exponential(service)), (2ull << 48) + sequence++, 2, s});
    }
  }
  const double seconds = double(std::clock() - before) / CLOCKS_PER_SEC;
  std::printf("{\"eventsPerS\": %.0f, \"meanNumber\": %.4f}", events / seconds, area / last / stations);
}
