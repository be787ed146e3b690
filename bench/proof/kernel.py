"""The model of kernel.ts with SimPy's processes and resources: SimPy 2 (Debian's python3-simpy) or SimPy 3 and 4."""
import json
import random
import sys
import time

EVENTS = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
STATIONS, SERVERS, SERVICE = 64, 4, 1.0
GAP = SERVICE / (SERVERS * 0.8)
random.seed(1)
done = 0


def simpy_2():
    from SimPy.Simulation import Process, Resource, Simulation, hold, release, request

    class Customer(Process):
        def visit(self, station):
            global done
            yield request, self, station
            yield hold, self, random.expovariate(1 / SERVICE)
            yield release, self, station
            done += 2
            if done >= EVENTS:
                self.sim.stopSimulation()

    class Source(Process):
        def arrive(self, station):
            while True:
                yield hold, self, random.expovariate(1 / GAP)
                customer = Customer(sim=self.sim)
                self.sim.activate(customer, customer.visit(station))

    simulation = Simulation()
    simulation.initialize()
    for _ in range(STATIONS):
        source = Source(sim=simulation)
        simulation.activate(source, source.arrive(Resource(capacity=SERVERS, sim=simulation)))
    simulation.simulate(until=1e9)


def simpy_3():
    import simpy

    environment = simpy.Environment()
    enough = environment.event()

    def visit(station):
        global done
        with station.request() as turn:
            yield turn
            yield environment.timeout(random.expovariate(1 / SERVICE))
        done += 2
        if done >= EVENTS and not enough.triggered:
            enough.succeed()

    def arrive(station):
        while True:
            yield environment.timeout(random.expovariate(1 / GAP))
            environment.process(visit(station))

    for _ in range(STATIONS):
        environment.process(arrive(simpy.Resource(environment, capacity=SERVERS)))
    environment.run(until=enough)


before = time.process_time()
try:
    simpy_3()
    version = "SimPy 3 or 4"
except ImportError:
    simpy_2()
    version = "SimPy 2"
print(json.dumps({"eventsPerS": done / (time.process_time() - before), "version": version}))
