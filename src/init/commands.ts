/** Command lines by which healix reaches what Compose or Kubernetes runs: to follow it, to look at it, to act on it. */
import { ACTION_FACTS, type ActionKind } from '../../strategies/contract.ts';
import type { FleetService, Look, Workload } from './model.ts';

export interface ActionLine {
  readonly kind: ActionKind;
  readonly command: readonly string[];
  readonly timeoutMs: number;
  readonly words: string;
}

export interface CommandScene {
  /** The Compose file from the folder of the config. */
  readonly composeFile: string;
}

const RESTART_MS = 180_000;
const SCALE_MS = 120_000;

/** Stays as long as healix does, and is no service itself: ending it ends nothing but the view. */
export function followCommand(service: FleetService, scene: CommandScene): { command: string[]; words: string } {
  const { workload } = service;
  switch (workload.kind) {
    case 'process':
      return { command: [...workload.command], words: '' };
    case 'compose':
      return {
        command: [
          'sh',
          '-c',
          `while :; do ${composeText(scene)} logs --follow --no-log-prefix --tail 0 "$0"; sleep 2; done`,
          workload.service,
        ],
        words: 'follows its output; Docker runs it, and it runs on when healix ends',
      };
    case 'kubernetes': {
      const kubectl = kubectlText(workload);
      const port = forwardedPort(service);
      if (port === null)
        return {
          command: ['sh', '-c', `while :; do ${kubectl} logs --follow --tail=0 "$0"; sleep 2; done`, workload.resource],
          words: 'follows its output; Kubernetes runs it',
        };
      return {
        command: [
          'sh',
          '-c',
          `while :; do ${kubectl} port-forward "$0" "$1"; sleep 1; done`,
          workload.resource,
          `{port}:${port}`,
        ],
        words: 'makes one of its pods reachable for probes; Kubernetes runs it',
      };
    }
  }
}

/** The port that http probes ask; null when nothing can be asked from outside. */
export function forwardedPort({ probes }: FleetService): number | null {
  const asked = probes.flatMap(({ look }) => (look.kind === 'http' ? [look.port] : []));
  return asked[0] ?? null;
}

/** Looks from within the container. */
export function execLook(look: Extract<Look, { kind: 'exec' }>, workload: Workload, scene: CommandScene): string[] {
  switch (workload.kind) {
    case 'process':
      return [...look.command];
    case 'compose':
      return [...composeWords(scene), 'exec', '-T', workload.service, ...look.command];
    case 'kubernetes':
      return [...kubectlWords(workload), 'exec', workload.resource, '--', ...look.command];
  }
}

/** Whether it runs at all, for a service that offers nothing to look at; null where healix sees it by itself. */
export function runsLook(workload: Workload, scene: CommandScene): string[] | null {
  switch (workload.kind) {
    case 'process':
      return null;
    case 'compose':
      return ['sh', '-c', `test -n "$(${composeText(scene)} ps --status running --quiet "$0")"`, workload.service];
    case 'kubernetes':
      // A field that is not there is empty: no replica is ready.
      return [
        'sh',
        '-c',
        `test "0$(${kubectlText(workload)} get "$0" --output 'jsonpath={.status.readyReplicas}{.status.numberReady}')" -gt 0`,
        workload.resource,
      ];
  }
}

export function actionLines(service: FleetService, scene: CommandScene): ActionLine[] {
  const { workload, replicas, isScalable } = service;
  switch (workload.kind) {
    case 'process':
      return [];
    case 'compose': {
      const compose = composeText(scene);
      const more = `n=$(${compose} ps --quiet "$0" | wc -l); test "$n" -lt "$1" && exec ${compose} up --detach --no-deps --no-recreate --scale "$0=$((n + 1))" "$0"`;
      return [
        {
          kind: 'restart',
          command: [...composeWords(scene), 'restart', workload.service],
          timeoutMs: RESTART_MS,
          words: 'all of its containers',
        },
        {
          kind: 'repair-config',
          command: [...composeWords(scene), 'up', '--detach', '--no-deps', '--force-recreate', workload.service],
          timeoutMs: RESTART_MS,
          words: 'made anew as the file has them',
        },
        ...(isScalable
          ? [
              {
                kind: 'scale-up' as const,
                command: ['sh', '-c', more, workload.service, String(replicas.max)],
                timeoutMs: SCALE_MS,
                words: `one more, ${replicas.max} at most; healix takes none back`,
              },
            ]
          : []),
      ];
    }
    case 'kubernetes': {
      const kubectl = kubectlText(workload);
      const rolled = `${kubectl} rollout status "$0" --timeout=150s`;
      const more = `n=$(${kubectl} get "$0" --output 'jsonpath={.spec.replicas}'); test "$n" -lt "$1" && exec ${kubectl} scale "$0" --current-replicas="$n" --replicas="$((n + 1))"`;
      return [
        {
          kind: 'restart',
          command: ['sh', '-c', `${kubectl} rollout restart "$0" && ${rolled}`, workload.resource],
          timeoutMs: RESTART_MS,
          words: 'pod by pod',
        },
        {
          kind: 'rollback',
          command: ['sh', '-c', `${kubectl} rollout undo "$0" && ${rolled}`, workload.resource],
          timeoutMs: RESTART_MS,
          words: 'to the revision before',
        },
        ...(isScalable
          ? [
              {
                kind: 'scale-up' as const,
                command: ['sh', '-c', more, workload.resource, String(replicas.max)],
                timeoutMs: SCALE_MS,
                words: `one more, ${replicas.max} at most; healix takes none back`,
              },
            ]
          : []),
      ];
    }
  }
}

/** What the written config leaves healix unable to do: without gateway, signals and folders of releases the rest is not there either. */
export function lacking(service: FleetService): ActionKind[] {
  const built: readonly ActionKind[] = service.workload.kind === 'process' ? ['restart', 'scale-up', 'scale-down'] : [];
  const can = new Set<ActionKind>([...built, ...actionLines(service, { composeFile: '' }).map(({ kind }) => kind)]);
  return (Object.keys(ACTION_FACTS) as ActionKind[]).filter((kind) => kind !== 'escalate' && !can.has(kind));
}

function composeWords({ composeFile }: CommandScene): string[] {
  return ['docker', 'compose', '--file', composeFile];
}

const composeText = (scene: CommandScene): string => composeWords(scene).map(quoted).join(' ');

function kubectlWords({ namespace }: Extract<Workload, { kind: 'kubernetes' }>): string[] {
  return ['kubectl', ...(namespace === null ? [] : ['--namespace', namespace])];
}

const kubectlText = (workload: Extract<Workload, { kind: 'kubernetes' }>): string =>
  kubectlWords(workload).map(quoted).join(' ');

/** A word for sh. Braces of healix's placeholders would be filled in: see `safeWord`. */
function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
