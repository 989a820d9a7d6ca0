import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { REPOSITORY } from '../support/run';

interface Docs {
  readonly docs?: { readonly summary?: string; readonly default?: string };
}

interface Member extends Docs {
  readonly name: string;
  readonly optional?: boolean;
  readonly overrides?: string;
  readonly parameters?: readonly (Docs & { readonly name: string; readonly optional?: boolean })[];
}

interface Type extends Docs {
  readonly name: string;
  readonly kind: 'class' | 'enum' | 'interface';
  readonly datatype?: boolean;
  readonly properties?: readonly Member[];
  readonly methods?: readonly Member[];
  readonly members?: readonly Member[];
}

const assembly = JSON.parse(gunzipSync(readFileSync(path.join(REPOSITORY, '.jsii.gz'))).toString()) as {
  readonly types: Readonly<Record<string, Type>>;
};
const types = Object.values(assembly.types);

test.each(types)('$name: every public member has a summary', type => {
  const members = [...(type.properties ?? []), ...(type.methods ?? []), ...(type.members ?? [])].filter(
    member => member.overrides === undefined,
  );

  const undocumented = [type, ...members].filter(({ docs }) => !docs?.summary).map(({ name }) => name);

  expect(undocumented).toEqual([]);
});

test.each(types.filter(({ datatype }) => datatype))(
  '$name: every optional property documents its default',
  ({ properties = [] }) => {
    expect(
      properties
        .filter(({ optional, docs }) => optional && docs?.default === undefined)
        .map(({ name }) => name),
    ).toEqual([]);
  },
);

test('reads more than 50 types and 100 optional properties', () => {
  expect(types.length).toBeGreaterThan(50);
  expect(
    types.flatMap(({ properties = [] }) => properties).filter(({ optional }) => optional).length,
  ).toBeGreaterThan(100);
});
