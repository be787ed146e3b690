/** The whole screen of `healix top` as lines, for any size. Pure: the same view, screen and size, the same lines. */
import { historyLines, waitingLine } from './activity.ts';
import { detailLines } from './details.ts';
import type { Link, View } from './feed.ts';
import { headLines } from './header.ts';
import { helpLines, keyLine } from './help.ts';
import { filterRows, type ServiceRow, serviceRows, sortRows } from './rows.ts';
import { chosenRow, chosenWaiting, type Screen, type Seen } from './screen.ts';
import { clipLine, type Line, line, NO_LINE, plainText, type Signs, span, spread } from './spans.ts';
import { layOut, rowLine, titleLine } from './table.ts';

export interface FrameOptions {
  readonly width: number;
  readonly height: number;
  readonly nowMs: number;
  readonly signs: Signs;
}

/** Lower screens than this have a line less at the bottom, and less of the history. */
const LOW = 16;
/** Least height of the history, its title included. */
const HISTORY_MIN = 4;
const HISTORY_MIN_LOW = 3;
/** At most this share of the room below the head is for the history while services need it. */
const HISTORY_SHARE = 0.35;
/** At the right edge: what is chosen is so over the whole width. */
const END = line(' ');
/** Actions that wait are shown so many at once. */
const WAITING_MAX = 5;

/** The lines that keys move over. */
export function seenOn(screen: Screen, view: View, pageLines: number): Seen {
  return { rows: shownRows(screen, view), waiting: view.status.waitingForApproval, page: Math.max(1, pageLines) };
}

/** Exactly `height` lines of at most `width` characters. */
export function frame(screen: Screen, view: View, link: Link, options: FrameOptions): readonly Line[] {
  const { width, height, signs } = options;
  const head = headLines(view, link, options).slice(0, Math.max(1, height - 4));
  const foot = footLines(screen, view, options);
  const room = Math.max(0, height - head.length - foot.length);
  const body = bodyLines(screen, view, room, options).slice(0, room);
  const blank = Array.from({ length: room - body.length }, () => NO_LINE);
  const lines = [...head, ...body, ...blank, ...foot].slice(0, height);
  return lines.map((one) => clipLine(one.isSelected ? spread(one, END, width) : one, width, signs));
}

/** What is asked or said, and the keys; on a low screen the one in place of the other. */
function footLines(screen: Screen, view: View, { width, height, signs }: FrameOptions): readonly Line[] {
  const prompt = clipLine(promptLine(screen, view, width), width, signs);
  const keys = keyLine(screen, view.status.waitingForApproval.length > 0, width);
  if (height >= LOW) return [prompt, keys];
  return [plainText(prompt) === '' ? keys : prompt];
}

function bodyLines(screen: Screen, view: View, room: number, options: FrameOptions): readonly Line[] {
  const page = pageOf(screen);
  switch (page) {
    case 'help':
      return scrolledTo(helpLines(options.signs), screen.scroll, room, options);
    case 'details':
      return scrolledTo(detailLines(view, screen.service ?? '', options), screen.scroll, room, options);
    case 'browse':
      return overview(screen, view, room, options);
  }
}

/** What stays on the screen while something is asked. */
function pageOf({ mode }: Screen): 'browse' | 'details' | 'help' {
  if (mode.kind === 'confirm') return mode.back;
  return mode.kind === 'details' || mode.kind === 'help' ? mode.kind : 'browse';
}

function overview(screen: Screen, view: View, room: number, options: FrameOptions): readonly Line[] {
  const { width, height, nowMs, signs } = options;
  const rows = shownRows(screen, view);
  const { waitingForApproval: waiting } = view.status;
  const waitingCount = Math.min(waiting.length, WAITING_MAX);
  const atLeast =
    waitingCount + Math.max(height < LOW ? HISTORY_MIN_LOW : HISTORY_MIN, Math.floor(room * HISTORY_SHARE));
  const tableRoom = Math.max(2, Math.min(rows.length, room - 1 - Math.min(atLeast, room - 3)));
  const layout = layOut(rows, width);
  const chosen = chosenRow(screen, rows);
  const from = firstShown(
    rows.findIndex(({ id }) => id === chosen?.id),
    rows.length,
    tableRoom,
  );
  const shown = rows.slice(from, from + tableRoom);
  const table = shown.map((row) =>
    rowLine(row, layout, { isSelected: row === chosen && screen.focus === 'services', nowMs, signs }),
  );
  const none = line(
    view.status.services.length === 0 ? '  no services' : '  no service matches the filter: Esc shows all',
  );
  const more = rows.length > shown.length ? `services ${from + 1} to ${from + shown.length} of ${rows.length}` : '';
  const left = room - 1 - Math.max(1, table.length) - 1;
  return [
    titleLine(layout, screen.order, signs),
    ...(table.length === 0 ? [none] : table),
    ruleLine('actions', more, width, signs),
    ...waitingLines(screen, view, options),
    ...historyLines(view.history, left - waitingCount, options),
  ];
}

function waitingLines(screen: Screen, view: View, options: FrameOptions): Line[] {
  const waiting = view.status.waitingForApproval;
  const chosen = chosenWaiting(screen, waiting);
  const from = firstShown(
    waiting.findIndex(({ id }) => id === chosen?.id),
    waiting.length,
    WAITING_MAX,
  );
  return waiting
    .slice(from, from + WAITING_MAX)
    .map((one) => waitingLine(one, options, { isChosen: one === chosen, isFocused: screen.focus === 'approvals' }));
}

function shownRows(screen: Screen, view: View): readonly ServiceRow[] {
  return sortRows(filterRows(serviceRows(view), screen.filter), screen.order);
}

/** What is asked, being typed, or was answered last. */
function promptLine({ mode, filter, notice }: Screen, view: View, width: number): Line {
  if (mode.kind === 'confirm') return line(span(`${mode.question} y/n`, 'warn'));
  if (mode.kind === 'filter') return line(span('filter: ', 'bold'), filter, span('_', 'accent'));
  const all = view.status.services.length;
  const right = filter === '' ? NO_LINE : line(span(`filter: ${filter} (Esc: all ${all})`, 'accent'));
  const said = notice === null ? NO_LINE : line(span(notice.text, notice.tone));
  return spread(said, right, width);
}

function ruleLine(title: string, right: string, width: number, signs: Signs): Line {
  const head = title === '' ? '' : `${signs.rule}${signs.rule} ${title} `;
  const tail = right === '' ? '' : ` ${right} ${signs.rule}${signs.rule}`;
  return line(span(`${head}${signs.rule.repeat(Math.max(0, width - head.length - tail.length))}${tail}`, 'dim'));
}

/** The chosen one in the middle, as far as the ends allow. */
function firstShown(chosen: number, count: number, room: number): number {
  return Math.max(0, Math.min(chosen - Math.floor(room / 2), count - room));
}

function scrolledTo(
  lines: readonly Line[],
  scroll: number,
  room: number,
  { width, signs }: FrameOptions,
): readonly Line[] {
  if (lines.length <= room) return lines;
  const from = Math.min(scroll, lines.length - room + 1);
  const shown = lines.slice(from, from + room - 1);
  const where = `lines ${from + 1} to ${from + shown.length} of ${lines.length}`;
  return [...shown, ruleLine('', where, width, signs)];
}
