/** Any graph of services, written as manifests, comes back as the same graph. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { edgesOf, serviceOf, written } from './harness.ts';

interface Graph {
  readonly ids: readonly string[];
  /** Position of the caller and of the called, always later: no circles. */
  readonly edges: readonly { readonly from: number; readonly to: number; readonly how: number }[];
  readonly replicas: readonly number[];
}

const graphs: fc.Arbitrary<Graph> = fc
  .uniqueArray(
    // Never the name of a load generator, of a store or of telemetry, which healix init knows.
    fc.tuple(fc.constantFrom('svc', 'api', 'app', 'x1'), fc.nat(99)).map(([name, n]) => `${name}-${n}`),
    { minLength: 1, maxLength: 9 },
  )
  .chain((ids) =>
    fc.record({
      ids: fc.constant(ids),
      edges: fc
        .uniqueArray(fc.tuple(fc.nat(ids.length - 1), fc.nat(ids.length - 1)), {
          maxLength: 16,
          selector: ([a, b]) => `${Math.min(a, b)} ${Math.max(a, b)}`,
        })
        .chain((pairs) =>
          fc.tuple(
            ...pairs
              .filter(([a, b]) => a !== b)
              .map(([a, b]) => fc.nat(4).map((how) => ({ from: Math.min(a, b), to: Math.max(a, b), how }))),
          ),
        ),
      replicas: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: ids.length, maxLength: ids.length }),
    }),
  );

const port = (at: number): number => 5000 + at;

function address({ ids }: Graph, to: number, how: number): [name: string, value: string] {
  const id = ids[to]!;
  const forms: [string, string][] = [
    [`${id.toUpperCase().replaceAll('-', '_')}_ADDR`, `${id}:${port(to)}`],
    [`URL_${to}`, `http://${id}:${port(to)}/v1`],
    [`${to}_HOST`, id],
    [`DSN_${to}`, `user:word@tcp(${id}:${port(to)})/x`],
    [`LIST_${to}`, `nowhere:1,${id}:${port(to)}`],
  ];
  return forms[how]!;
}

const edgeWords = ({ ids, edges }: Graph): string[] => edges.map(({ from, to }) => `${ids[from]} -> ${ids[to]}`).sort();

describe('a graph of services', () => {
  it('comes back from a Compose file, however its calls are written', async () => {
    await fc.assert(
      fc.asyncProperty(graphs, async (graph) => {
        const services = Object.fromEntries(
          graph.ids.map((id, at) => {
            const own = graph.edges.filter(({ from }) => from === at);
            const environment = Object.fromEntries(
              own.filter(({ how }) => how < 4).map(({ to, how }) => address(graph, to, how)),
            );
            const dependsOn = own.filter(({ how }) => how === 4).map(({ to }) => graph.ids[to]!);
            return [
              id,
              {
                image: 'x',
                expose: [String(port(at))],
                environment,
                depends_on: dependsOn,
                deploy: { replicas: graph.replicas[at] },
              },
            ];
          }),
        );
        const { fleet } = await written({ 'compose.yaml': JSON.stringify({ services }) });
        expect(edgesOf(fleet)).toEqual(edgeWords(graph));
        graph.ids.forEach((id, at) => {
          expect(serviceOf(fleet, id).replicas.start).toBe(graph.replicas[at]);
        });
        // Users arrive at each that nobody calls.
        const called = new Set(graph.edges.map(({ to }) => graph.ids[to]));
        expect(fleet.services.filter(({ entry }) => entry !== undefined).map(({ id }) => id)).toEqual(
          graph.ids.filter((id) => !called.has(id)),
        );
      }),
      { numRuns: 25 },
    );
  }, 240_000);

  it('comes back from Kubernetes manifests, spread over files as they come', async () => {
    await fc.assert(
      fc.asyncProperty(graphs, fc.integer({ min: 1, max: 4 }), async (graph, files) => {
        const objects = graph.ids.flatMap((id, at) => {
          const env = graph.edges
            .filter(({ from }) => from === at)
            .map(({ to, how }) => {
              const [name, value] = address(graph, to, how);
              return { name, value };
            });
          const template = {
            metadata: { labels: { app: id } },
            spec: { containers: [{ name: 'main', image: 'x', ports: [{ containerPort: port(at) }], env }] },
          };
          return [
            {
              apiVersion: 'apps/v1',
              kind: 'Deployment',
              metadata: { name: id },
              spec: { replicas: graph.replicas[at], template },
            },
            {
              apiVersion: 'v1',
              kind: 'Service',
              metadata: { name: id },
              spec: { selector: { app: id }, ports: [{ port: port(at) }] },
            },
          ];
        });
        const texts: Record<string, string> = {};
        objects.forEach((object, at) => {
          const name = `m${at % files}.yaml`;
          texts[name] = `${texts[name] ?? ''}---\n${JSON.stringify(object)}\n`;
        });
        const { fleet } = await written(texts);
        expect(edgesOf(fleet)).toEqual(edgeWords(graph));
      }),
      { numRuns: 25 },
    );
  }, 240_000);
});
