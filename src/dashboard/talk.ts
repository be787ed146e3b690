/** The agents' conversation, as rows for people: who said what, and by which article. */
import { type AgentRecord, type AgentTalk, recordWords, talkWords } from '../runtime/coordination/records.ts';
import type { TalkView } from './frames.ts';

export function talkRow(key: string, atMs: number, said: AgentRecord | AgentTalk): TalkView {
  const service = 'service' in said ? said.service : null;
  const row = { key, atMs, kind: said.kind, from: speakerOf(said), service, words: wordsOf(said) };
  return {
    ...row,
    verdict: said.kind === 'verdict' ? { verdict: said.verdict, article: said.article, harm: round(said.harm) } : null,
    causes: said.kind === 'diagnosis' ? said.causes.map((cause) => ({ ...cause, score: round(cause.score) })) : [],
  };
}

function speakerOf(said: AgentRecord | AgentTalk): string {
  switch (said.kind) {
    case 'escalation':
      return `monitor of ${said.service}`;
    case 'diagnosis':
      return 'diagnoser';
    case 'call':
    case 'award':
    case 'hold':
    case 'release':
    case 'over':
      return 'coordinator';
    case 'bid':
    case 'decline':
    case 'report':
      return `healer of ${said.service}`;
    case 'verdict':
      return 'overseer';
    case 'lost':
    case 'back':
      return 'healix';
  }
}

function wordsOf(said: AgentRecord | AgentTalk): string {
  switch (said.kind) {
    case 'escalation':
      return `incident ${said.incident}: asks for help: ${said.why}`;
    case 'diagnosis':
      return `incident ${said.incident}: likely causes`;
    case 'verdict':
      return `${said.remedy} of ${said.service}${slotOf(said.replica)}: ${said.reason}`;
    case 'hold':
      return `${said.service} is held back: ${said.reason}`;
    case 'call':
    case 'bid':
    case 'decline':
    case 'report':
      return talkWords(said);
    case 'award':
      return `${said.remedy} of ${said.service}${slotOf(said.replica)} awarded, lease ${said.epoch}.${said.token}: ${said.reason}`;
    default:
      return recordWords(said);
  }
}

const slotOf = (replica: number): string => (replica < 0 ? '' : ` ${replica}`);
const round = (value: number): number => Math.round(1000 * value) / 1000;
