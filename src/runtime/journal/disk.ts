/** What the journal needs of a disk, as a small port: tests put a full, a broken or a forgetful one there. */
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/** An open file. Everything rejects with the error of the system call. */
export interface DiskFile {
  /** Writes all the bytes at this offset. After a failure any part of them may be in the file. */
  write(bytes: Uint8Array, at: number): Promise<void>;
  /** Resolves once contents and length would survive a power cut: fdatasync(2). */
  sync(): Promise<void>;
  truncate(length: number): Promise<void>;
  close(): Promise<void>;
}

export interface Disk {
  /** `create` begins an empty file, whatever was there; `continue` opens one that exists. Others may not read it. */
  open(path: string, mode: 'create' | 'continue'): Promise<DiskFile>;
  rename(from: string, to: string): Promise<void>;
  /** A file that is not there is no failure. */
  remove(path: string): Promise<void>;
  /** Makes names in a folder survive a power cut: fsync(2) of the folder. */
  syncFolder(path: string): Promise<void>;
}

export const realDisk: Disk = {
  open: async (path, mode) => realFile(await open(path, mode === 'create' ? 'w' : 'r+', 0o600)),
  rename,
  remove: (path) => rm(path, { force: true }),
  async syncFolder(path) {
    const folder = await open(path, 'r');
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  },
};

/**
 * Puts a whole file in the place of another, or none: after a crash there is the old one or the new one. Returns it open; when it
 * resolves the new one would survive a power cut.
 */
export async function placeFile(disk: Disk, path: string, bytes: Uint8Array): Promise<DiskFile> {
  const unfinished = `${path}${UNFINISHED}`;
  const file = await disk.open(unfinished, 'create');
  try {
    await file.write(bytes, 0);
    await file.sync();
    await disk.rename(unfinished, path);
    await disk.syncFolder(dirname(path));
    return file;
  } catch (error) {
    await file.close().catch(() => {});
    await disk.remove(unfinished).catch(() => {});
    throw error;
  }
}

/** How the names of files end that were not finished; they hold nothing that anybody was promised. */
export const UNFINISHED = '.new';

function realFile(file: FileHandle): DiskFile {
  return {
    async write(bytes, at) {
      for (let done = 0; done < bytes.length; ) {
        done += (await file.write(bytes, done, bytes.length - done, at + done)).bytesWritten;
      }
    },
    sync: () => file.datasync(),
    truncate: (length) => file.truncate(length),
    close: () => file.close(),
  };
}
