/**
 * A JSON value: a scalar as its text, an object as its members. Numbers keep their source text: 1050.00 must not become
 * 1050.
 */
export type JsonNode = string | null | JsonObject | readonly JsonNode[];

/** As many names as are sooner looked through than hashed. */
const few = 16;

/** The members of a JSON object, in their order. */
export class JsonObject {
  readonly #names: string[] = [];
  readonly #values: JsonNode[] = [];
  #places: Map<string, number> | undefined;

  /** False if the object has a member of that name already. */
  add(name: string, value: JsonNode): boolean {
    if (this.#placeOf(name) !== -1) return false;
    const place = this.#names.push(name) - 1;
    this.#values.push(value);
    if (this.#places !== undefined) this.#places.set(name, place);
    else if (place === few) this.#places = new Map(this.#names.map((each, index) => [each, index]));
    return true;
  }

  has(name: string): boolean {
    return this.#placeOf(name) !== -1;
  }

  get(name: string): JsonNode | undefined {
    return this.#values[this.#placeOf(name)];
  }

  entries(): readonly (readonly [name: string, value: JsonNode])[] {
    return this.#names.map((name, place) => [name, this.#values[place] ?? null]);
  }

  #placeOf(name: string): number {
    if (this.#places !== undefined) return this.#places.get(name) ?? -1;
    const names = this.#names;
    for (let place = 0; place < names.length; place++) if (names[place] === name) return place;
    return -1;
  }
}
