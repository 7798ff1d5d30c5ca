import ts from 'typescript';
import { anything, both, either, type Field, ofType, type Source, type Wish } from './fields.js';

/** The exported types of a TypeScript declaration file, by their names; `Outer.Inner` is in a namespace. */
export function readDeclarations(file: string): Source {
  const program = ts.createProgram([file], { strict: true, noEmit: true, skipLibCheck: true, types: [] });
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(file);
  const module = source === undefined ? undefined : checker.getSymbolAtLocation(source);
  if (module === undefined) throw new Error(`${file} is no module of TypeScript declarations`);
  const reader = { checker };
  return {
    find(name, wish) {
      const symbol = findSymbol(checker, module, name.split('.'));
      return symbol === undefined ? undefined : readType(reader, checker.getDeclaredTypeOfSymbol(symbol), wish);
    },
  };
}

interface Reader {
  readonly checker: ts.TypeChecker;
}

function findSymbol(checker: ts.TypeChecker, module: ts.Symbol, names: readonly string[]): ts.Symbol | undefined {
  return names.reduce<ts.Symbol | undefined>((at, name) => {
    const found = at && checker.getExportsOfModule(at).find((symbol) => symbol.name === name);
    if (found === undefined) return undefined;
    return found.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(found) : found;
  }, module);
}

function readType(reader: Reader, type: ts.Type, wish: Wish | undefined): Field {
  if (type.isUnion()) {
    const parts = type.types.filter(({ flags }) => !(flags & ts.TypeFlags.Undefined));
    return parts.length === 0 ? anything : parts.map((part) => readType(reader, part, wish)).reduce(either);
  }
  if (type.isIntersection()) return type.types.map((part) => readType(reader, part, wish)).reduce(both);
  const { flags } = type;
  if (flags & ts.TypeFlags.Null) return ofType('null');
  if (type.isStringLiteral()) return { ...ofType('string'), values: new Set(type.value === '' ? [] : [type.value]) };
  if (flags & ts.TypeFlags.StringLike) return ofType('string');
  if (flags & ts.TypeFlags.NumberLike) return ofType('number');
  if (flags & ts.TypeFlags.BooleanLike) return ofType('boolean');
  if (flags & ts.TypeFlags.Object) return readObject(reader, type, wish);
  return anything;
}

function readObject(reader: Reader, type: ts.Type, wish: Wish | undefined): Field {
  const { checker } = reader;
  if (checker.isArrayType(type)) {
    const [element] = checker.getTypeArguments(type as ts.TypeReference);
    return { ...ofType('array'), ...(element !== undefined && { items: readType(reader, element, wish) }) };
  }
  const members = type.getProperties();
  const named = wish === undefined ? [] : members.map((member) => readMember(reader, member, wish));
  return { ...ofType('object'), properties: new Map(named), map: members.length === 0 };
}

function readMember(reader: Reader, member: ts.Symbol, wish: Wish): readonly [string, Field] {
  const below = Object.hasOwn(wish, member.name) ? wish[member.name] : undefined;
  const optional = (member.flags & ts.SymbolFlags.Optional) !== 0;
  return [member.name, { ...readType(reader, reader.checker.getTypeOfSymbol(member), below), optional }];
}
