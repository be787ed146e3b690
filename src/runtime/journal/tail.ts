/** The end of the newest segment: bytes go there whole and synced, or not at all. */
import type { Disk, DiskFile } from './disk.ts';

export class Tail {
  readonly #disk: Disk;
  readonly #path: string;
  #file: DiskFile | null;
  #length: number;
  /** Something may be in the file beyond its good length. */
  #isDirty = false;

  /** `length`: bytes of the file that are good. `file`: it, if it is open already. */
  constructor(disk: Disk, path: string, length: number, file: DiskFile | null = null) {
    this.#disk = disk;
    this.#path = path;
    this.#length = length;
    this.#file = file;
  }

  /** Bytes that are whole and synced. */
  get length(): number {
    return this.#length;
  }

  /** Resolves once the bytes would survive a power cut. When it rejects, none of them stay: what a full disk took is cut off. */
  async write(bytes: Uint8Array): Promise<void> {
    await this.settle();
    this.#file ??= await this.#disk.open(this.#path, 'continue');
    this.#isDirty = true;
    try {
      await this.#file.write(bytes, this.#length);
      // After a failed sync the kernel forgets which pages were lost (Rebello et al. 2020, "Can applications recover from fsync
      // failures?"): it is never simply tried again, the bytes are cut off and written anew.
      await this.#file.sync();
    } catch (error) {
      await this.settle().catch(() => {});
      throw error;
    }
    this.#length += bytes.length;
    this.#isDirty = false;
  }

  /** Cuts off what a failed write left. Rejects when not even that can be done; then nothing may be written after it. */
  async settle(): Promise<void> {
    if (!this.#isDirty || this.#file === null) return;
    await this.#file.truncate(this.#length);
    this.#isDirty = false;
  }

  async close(): Promise<void> {
    const file = this.#file;
    try {
      await this.settle();
    } finally {
      this.#file = null;
      await file?.close();
    }
  }
}
