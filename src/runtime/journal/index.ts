/** The journal's face. */
export type { Disk, DiskFile } from './disk.ts';
export { realDisk } from './disk.ts';
export type { FileJournal, Opening } from './journal.ts';
export { type JournalOptions, openJournal } from './open.ts';
export type { Repair } from './repair.ts';
export type { Fault } from './scan.ts';
export { type Verdict, verifyJournal } from './verify.ts';
