/** Bytes below which a piece is copied into a block, and bytes of a block: to keep a piece costs some 200 bytes. */
const small = 2 * 1024;
const blockSize = 4 * 1024;

/** The pieces of a body in their order. Small ones are gathered, so that memory follows the bytes and not the number of pieces. */
export class Pieces {
  /** Bytes, and pieces that came. */
  length = 0;
  count = 0;
  #kept: Buffer[] = [];
  /** The last of `kept`, if small pieces are copied into it, and bytes of it that are taken. */
  #block: Buffer | undefined;
  #used = 0;

  /** Returns the bytes of memory that this took. */
  add(piece: Buffer): number {
    this.count++;
    this.length += piece.length;
    if (this.count === 1 || piece.length >= small) {
      this.#closeBlock();
      this.#kept.push(piece);
      return piece.length;
    }
    if (this.#block !== undefined && this.#used + piece.length <= blockSize) {
      this.#used += piece.copy(this.#block, this.#used);
      return 0;
    }
    this.#closeBlock();
    this.#block = Buffer.allocUnsafeSlow(blockSize);
    this.#kept.push(this.#block);
    this.#used = piece.copy(this.#block);
    return blockSize;
  }

  /** The whole, without a copy where it came in one piece. */
  join(): Buffer {
    this.#closeBlock();
    const [only] = this.#kept;
    return this.#kept.length === 1 && only !== undefined ? only : Buffer.concat(this.#kept, this.length);
  }

  drop(): void {
    this.#kept = [];
    this.#block = undefined;
  }

  #closeBlock(): void {
    if (this.#block === undefined) return;
    this.#kept[this.#kept.length - 1] = this.#block.subarray(0, this.#used);
    this.#block = undefined;
  }
}
