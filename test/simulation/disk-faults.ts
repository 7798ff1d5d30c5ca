import type { SimulatedDisk } from './disk.js';
import type { Ledger } from './events.js';
import type { World } from './world.js';

/** Milliseconds within which files that were deleted are written again. */
const restoring = 2_500;
const sectorBytes = 512;
const entryBytes = 56;

/** What happens to the disk of a schedule, and what of it excuses a gateway. */
export class DiskFaults {
  damages = 0;
  vanished = 0;
  /** When something was damaged the last time; nothing of it is known to be reported before. */
  damagedAt = Number.NEGATIVE_INFINITY;
  /** Something of it was reported. */
  reported = false;
  /** A file of the spool was taken away, or a part of one is zeros. */
  removed = false;
  wiped = false;
  /** Single bits, each in one record: it may be a part of its name. */
  flips = 0;
  /** The disk of the process that runs has failed, or what was on it was damaged, at least once. */
  #disturbed = false;
  readonly #world: World;
  readonly #disk: SimulatedDisk;
  readonly #ledger: Ledger;
  readonly #damaging: boolean;
  #volumeAway = false;
  #fragileUntil = 0;

  constructor(world: World, disk: SimulatedDisk, ledger: Ledger) {
    this.#world = world;
    this.#disk = disk;
    this.#ledger = ledger;
    this.#damaging = world.dice.chance(0.25);
    disk.tornSectors = world.dice.chance(0.5);
  }

  /** Until files that were deleted are written again, another fault would lose them: that is one fault too many. */
  get fragile(): boolean {
    return this.#world.now() < this.#fragileUntil;
  }

  /** What a lock says: see `Lock`. */
  readonly retake = async (): Promise<void> => {
    if (this.#volumeAway) throw new Error('the volume is gone');
    if (this.#disk.isForbidden) throw new Error('another process has the folder');
  };

  readonly fill = (): void => {
    this.noteFull();
    this.#disk.full = !this.fragile && this.#world.dice.chance(0.2);
    this.#disturbed ||= this.#disk.full;
  };

  readonly forbid = (): void => {
    this.noteFull();
    this.#disk.readOnly = !this.fragile && this.#world.dice.chance(0.1);
    this.#disturbed ||= this.#disk.readOnly;
  };

  readonly failSyncs = (): void => {
    const { dice } = this.#world;
    this.#disk.failingSyncs = !this.fragile && dice.chance(0.2) ? 1 + dice.below(3) : 0;
    this.#disturbed ||= this.#disk.failingSyncs > 0;
  };

  get disturbed(): boolean {
    return this.#disturbed || this.#volumeAway;
  }

  /** A process that dies has its volume back when the next one starts. */
  endLife(): void {
    this.bringSpoolBack();
    this.#disturbed = this.#disk.full || this.#disk.readOnly || this.#disk.failingSyncs > 0;
  }

  readonly failReads = (): void => {
    const { dice } = this.#world;
    this.#disk.failingReads = !this.fragile && dice.chance(0.3) ? 1 + dice.below(2) : 0;
  };

  noteFull(): void {
    if (this.#disk.full || this.#disk.readOnly) this.#ledger.noteFull(this.#world.now());
  }

  /**
   * The folder of the spool is deleted or replaced under a running gateway, and perhaps taken by another process then; or its volume is unmounted for some seconds. `stillRuns`: the process does.
   */
  takeSpoolAway(stillRuns: () => boolean): void {
    const { dice } = this.#world;
    const disk = this.#disk;
    if (this.#volumeAway || disk.isForbidden || !dice.chance(0.3)) return;
    if (dice.chance(0.5)) {
      this.#noteVanished();
      disk.vanish('/spool');
      disk.forbid('/spool');
      this.#volumeAway = true;
      this.#world.after(dice.below(4_000), () => {
        if (stillRuns()) this.bringSpoolBack();
      });
      return;
    }
    // What was set aside is open nowhere: deleting it is a fault of its own.
    if (disk.full || disk.readOnly || disk.failingSyncs > 0 || disk.failingReads > 0 || this.damages > 0) return;
    this.#noteVanished();
    this.#fragileUntil = this.#world.now() + restoring;
    disk.vanish('/spool');
    if (!dice.chance(0.3)) return;
    const taken = dice.below(3_000);
    this.#fragileUntil += taken;
    disk.forbid('/spool');
    this.#world.after(taken, () => {
      disk.forbid(undefined);
    });
  }

  #noteVanished(): void {
    this.vanished++;
    this.#disturbed = true;
  }

  /** A volume that was away is mounted again. */
  bringSpoolBack(): void {
    if (!this.#volumeAway) return;
    this.#disk.comeBack('/spool');
    this.#disk.forbid(undefined);
    this.#volumeAway = false;
  }

  /** Something happens to a file while no gateway runs. */
  damageFiles(): void {
    const { dice } = this.#world;
    if (!this.#damaging || this.#volumeAway || this.fragile || !dice.chance(0.3)) return;
    if (dice.chance(0.3)) this.#damageWindow();
    else this.#damageSpool();
  }

  #damageSpool(): void {
    const { dice } = this.#world;
    const disk = this.#disk;
    const files = disk.paths('/spool').filter((path) => (disk.content(path)?.length ?? 0) > 0);
    if (files.length === 0) return;
    const file = dice.pick(files);
    const other = dice.pick(files);
    const kind = dice.pick(['bit', 'sector', 'swapped', 'removed']);
    if (kind === 'swapped' && file === other) return;
    this.damages++;
    this.damagedAt = this.#world.now();
    this.#disturbed = true;
    if (kind === 'bit') {
      this.flips++;
      disk.flip(file, dice.below(this.#length(file) * 8));
    } else if (kind === 'sector') {
      this.wiped = true;
      disk.wipe(file, dice.below(Math.ceil(this.#length(file) / sectorBytes)));
    } else if (kind === 'swapped') disk.swap(file, other);
    else {
      this.removed = true;
      disk.drop(file);
    }
  }

  #damageWindow(): void {
    const { dice } = this.#world;
    const disk = this.#disk;
    const files = disk.paths('/dedupe').filter((path) => this.#length(path) > 0);
    if (files.length === 0) return;
    const file = dice.pick(files);
    this.damages++;
    if (dice.chance(0.5)) {
      disk.flip(file, dice.below(this.#length(file) * 8));
      this.#ledger.noteDamage(1);
    } else {
      disk.wipe(file, dice.below(Math.ceil(this.#length(file) / sectorBytes)));
      this.#ledger.noteDamage(Math.ceil(sectorBytes / entryBytes) + 1);
    }
  }

  #length(file: string): number {
    return this.#disk.content(file)?.length ?? 0;
  }

  /** From now on the disk does what it is told. */
  heal(): void {
    this.noteFull();
    this.#disk.full = false;
    this.#disk.readOnly = false;
    this.#disk.failingSyncs = 0;
    this.#disk.failingReads = 0;
    this.#disk.forbid(undefined);
    this.bringSpoolBack();
    this.#disk.beforeAppend = () => undefined;
  }
}
