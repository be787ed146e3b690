"""The model of kernel.ts with processes and resources of SimPy 2 or of SimPy 3 and 4: kernel.py 2|3 EVENTS. Imports are not timed."""
import json
import random
import sys
import time

VARIANT = sys.argv[1]
EVENTS = int(sys.argv[2])
if VARIANT == "2":
    import SimPy
    from SimPy.Simulation import Process, Resource, Simulation, hold, release, request
else:
    import simpy
STATIONS, SERVERS, SERVICE = 64, 4, 1.0
GAP = SERVICE / (SERVERS * 0.8)
random.seed(1)
done = 0


def simpy_2():
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
simpy_2() if VARIANT == "2" else simpy_3()
seconds = time.process_time() - before
version = SimPy.__version__ if VARIANT == "2" else simpy.__version__
print(json.dumps({"eventsPerS": done / seconds, "version": version.split(" ")[0]}))
