import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { listenOnLoopback, send } from '../../../local/emulators/http-server';
import { runOk } from '../../support/run';

export interface Registry {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Starts a local server that fakes an npm registry with empty packages.
 *
 * @param packages versions of each package, by name. The last version has the tag `latest`
 */
export async function startRegistry(
  packages: Readonly<Record<string, readonly string[]>>,
): Promise<Registry> {
  const all = Object.entries(packages).flatMap(([name, versions]) =>
    versions.map(version => ({ name, version })),
  );
  const tarballs = await packEmpty(all);
  const server = await listenOnLoopback(async (request, response) => {
    const asked = (request.url ?? '').slice(1);
    const tarball = tarballs.get(asked);
    if (tarball) {
      response.setHeader('Content-Type', 'application/octet-stream');
      (response as NodeJS.WritableStream).end(tarball);
      return;
    }
    const versions = packages[asked];
    const document = versions && {
      'name': asked,
      'dist-tags': { latest: versions.at(-1) },
      'versions': Object.fromEntries(
        versions.map(version => [
          version,
          { name: asked, version, dist: { tarball: `${server.endpoint}/${fileOf(asked, version)}` } },
        ]),
      ),
    };
    send(
      response,
      document ? 200 : 404,
      { 'Content-Type': 'application/json' },
      JSON.stringify(document ?? {}),
    );
  });
  return { url: `${server.endpoint}/`, close: () => server.close() };
}

const fileOf = (name: string, version: string) => `${name}-${version}.tgz`;

async function packEmpty(
  packages: readonly { readonly name: string; readonly version: string }[],
): Promise<ReadonlyMap<string, Buffer>> {
  const folder = mkdtempSync(path.join(tmpdir(), 'token-analytics-registry-'));
  try {
    const sources = packages.map(({ name, version }) => {
      const source = path.join(folder, `${name}-${version}`);
      mkdirSync(source);
      writeFileSync(path.join(source, 'package.json'), JSON.stringify({ name, version }));
      return source;
    });
    await runOk('npm', ['pack', '--silent', '--cache', path.join(folder, 'npm-cache'), ...sources], {
      cwd: folder,
    });
    return new Map(
      packages.map(({ name, version }) => {
        const file = fileOf(name, version);
        return [file, readFileSync(path.join(folder, file))] as const;
      }),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
