// Tests the packages for all languages. Usage:
// `node scripts/languages.mjs [examples|python|java|go|dotnet …]`.
//
// Generates a package for each language from the compiled constructs, and runs a small CDK app with it. The
// app must create the same template as the JavaScript app.
//
// If the tools of a language are not installed or its package registry cannot be reached, the language is
// skipped, and a message says so.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { gunzipSync } from 'node:zlib';

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');
const at = (...parts) => path.join(root, ...parts);
const { devDependencies, peerDependencies } = JSON.parse(await readFile(at('package.json'), 'utf8'));
/**
 * Oldest supported version of aws-cdk-lib. All languages except Go are tested with this version. The Go app
 * and the JavaScript app have newer versions.
 */
const FLOOR = peerDependencies['aws-cdk-lib'].replace('^', '');
/** Version of aws-cdk-lib for the Java app if `FLOOR` is not in the Maven registry. */
const FALLBACK_FOR_JAVA = '2.263.0';
const MAVEN_CLASSPATH = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1:build-classpath';

const STEP_MINUTES = 8;
const SHOWN_LINES = 25;
const SHOWN_CHARACTERS = 500;
/**
 * Matches error messages for which a language is skipped: a registry cannot be reached or lacks a version, or
 * Go is too old.
 */
const OUT_OF_REACH = new RegExp(
  [
    'no such host',
    'Unknown host',
    'name resolution',
    'Name or service not known',
    'nodename nor servname',
    'ENOTFOUND|EAI_AGAIN|ECONNREFUSED',
    'connection refused',
    'connection timed out',
    'Connect to .* failed',
    'i/o timeout',
    'Read timed out',
    'Network is unreachable',
    'Could not transfer artifact',
    '403 Forbidden',
    '50[234] (Bad Gateway|Service Unavailable|Gateway Time)',
    'NU1301',
    'requires go >= ',
  ].join('|'),
  'i',
);
const NOT_ON_MAVEN =
  /Could not find artifact software\.amazon\.awscdk:aws-cdk-lib|software\.amazon\.awscdk:aws-cdk-lib:jar:\S+ was not found/;

class Skip extends Error {}

const LANGUAGES = { python, java, go, dotnet };
const known = ['examples', ...Object.keys(LANGUAGES)];
const wanted = process.argv.slice(2);
const unknown = wanted.filter(name => !known.includes(name));
if (unknown.length > 0) {
  console.error(`languages: the arguments must be of ${known.join(', ')}, got: ${unknown.join(', ')}`);
  process.exit(2);
}
const missing = ['.jsii', 'lib/index.js', 'lib/runtime/index.js', 'assets'].filter(
  file => !existsSync(at(file)),
);
if (missing.length > 0) {
  console.error(
    `languages: the package must be compiled, but ${missing.join(', ')} is missing. Run npx projen test:languages, which compiles first.`,
  );
  process.exit(2);
}

const work = await mkdtemp(path.join(tmpdir(), 'token-analytics-languages-'));
const environment = {
  ...process.env,
  // Temporary files of all started programs are written into `work`, and deleted with it. The jsii kernel
  // leaves such files.
  TMPDIR: work,
  // Disables the template validator of the CDK, which takes 5 s in each process.
  CDK_VALIDATION: 'false',
  JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION: process.versions.node.split('.')[0],
};

/**
 * Creates `run` and `times`. `run` runs a program in the folder `cwd`. `times` lists the duration of each
 * run.
 */
function runner(cwd) {
  const times = [];
  const run = (name, command, args, { env = {}, fetches = false } = {}) => {
    const start = performance.now();
    const { status, signal, error, stdout, stderr } = spawnSync(command, args, {
      cwd,
      env: { ...environment, ...env },
      encoding: 'utf8',
      timeout: STEP_MINUTES * 60_000,
      maxBuffer: 64 * 1024 * 1024,
    });
    times.push(`${name} ${((performance.now() - start) / 1000).toFixed(1)} s`);
    if (status === 0) return stdout;
    // Shortens long lines, because an error in a minified library prints the entire file in one line.
    const output = stripVTControlCharacters(`${stdout ?? ''}${stderr ?? ''}`)
      .trim()
      .split('\n')
      .map(line => line.trimEnd().slice(0, SHOWN_CHARACTERS));
    const reason = fetches ? output.find(line => OUT_OF_REACH.test(line)) : undefined;
    if (reason !== undefined) throw new Skip(`${name}: ${reason.trim()}`);
    if (fetches && error?.code === 'ETIMEDOUT')
      throw new Skip(`${name}: not finished in ${STEP_MINUTES} minutes`);
    throw new Error(
      `${name} ended with ${error?.code ?? signal ?? status}\n${output.slice(-SHOWN_LINES).join('\n')}`,
    );
  };
  return { run, times };
}

function requireTool(tool, command, ...args) {
  const { status } = spawnSync(command, args, { stdio: 'ignore' });
  if (status !== 0) throw new Skip(`${tool} is not installed`);
}

async function python({ folder, run, synth }) {
  requireTool(
    'Python 3.10 with venv',
    'python3',
    '-c',
    'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 10))',
  );
  const bin = path.join(folder, 'venv', 'bin');
  run('venv', 'python3', ['-m', 'venv', 'venv']);
  run(
    'dependencies',
    `${bin}/pip`,
    ['install', '--quiet', '--no-compile', '--requirement', 'requirements.txt'],
    { fetches: true },
  );
  run('wheel', `${bin}/pip`, [
    'wheel',
    '--quiet',
    '--no-deps',
    '--no-index',
    '--no-build-isolation',
    '--check-build-dependencies',
    '--wheel-dir',
    'dist',
    '../package/python',
  ]);
  const [wheel] = await readdir(path.join(folder, 'dist'));
  run('install', `${bin}/pip`, ['install', '--quiet', '--no-deps', '--no-index', path.join('dist', wheel)]);
  // Fails if the wheel does not accept the installed, oldest supported versions of its dependencies.
  run('check', `${bin}/pip`, ['check']);
  synth(`${bin}/python`, ['app.py']);
  return versionIn(folder, 'requirements.txt', /^aws-cdk-lib==(\S+)/m);
}

async function java({ folder, packages, run, synth }) {
  requireTool('A JDK', 'javac', '-version');
  requireTool('Maven', 'mvn', '--version');
  const pom = path.join(packages, 'java', 'pom.xml');
  const ranges = await readFile(pom, 'utf8');
  await withoutOverride(path.join(packages, 'java', 'src'));
  const jar = async version => {
    // Replaces version ranges in the pom by their lowest version. Otherwise, Maven would use the newest
    // version.
    await writeFile(
      pom,
      ranges
        .replace(/(<artifactId>aws-cdk-lib<\/artifactId>\s*<version>)[^<]+/, `$1${version}`)
        .replaceAll(/<version>\[([\d.]+),[^<]*/g, '<version>$1'),
    );
    run(
      'jar',
      'mvn',
      [
        '--batch-mode',
        '--quiet',
        '--no-transfer-progress',
        '--file',
        pom,
        '-Dmaven.javadoc.skip=true',
        '-Dmaven.source.skip=true',
        `-Dmdep.outputFile=${folder}/classpath.txt`,
        'package',
        MAVEN_CLASSPATH,
      ],
      { fetches: true },
    );
    return version;
  };
  const orElse = other => error => {
    if (!NOT_ON_MAVEN.test(error.message)) throw error;
    return other();
  };
  const version = await jar(FLOOR)
    .catch(orElse(async () => `${await jar(FALLBACK_FOR_JAVA)}, because this registry has no ${FLOOR}`))
    .catch(
      orElse(() => {
        throw new Skip(`this registry has neither aws-cdk-lib ${FLOOR} nor ${FALLBACK_FOR_JAVA}`);
      }),
    );
  const target = path.join(packages, 'java', 'target');
  const built = (await readdir(target))
    .filter(file => file.endsWith('.jar'))
    .map(file => path.join(target, file));
  const classpath = [...built, (await readFile(path.join(folder, 'classpath.txt'), 'utf8')).trim()].join(
    path.delimiter,
  );
  synth('java', [`-Djava.io.tmpdir=${folder}`, '--class-path', classpath, 'Main.java']);
  return version;
}

/**
 * Removes the annotation `@Override` from the Java files in a folder. They are generated for the newest
 * version of aws-cdk-lib, and interfaces of older versions lack some of its methods. The annotation is not in
 * the compiled package.
 */
async function withoutOverride(folder) {
  for (const file of await readdir(folder, { recursive: true })) {
    if (!file.endsWith('.java')) continue;
    const source = path.join(folder, file);
    await writeFile(source, (await readFile(source, 'utf8')).replaceAll('@Override', ''));
  }
}

async function go({ folder, run, synth }) {
  requireTool('Go', 'go', 'version');
  run('dependencies', 'go', ['mod', 'download'], { fetches: true });
  run('build', 'go', ['build', '-o', 'app', '.']);
  synth(path.join(folder, 'app'), []);
  return versionIn(folder, 'go.mod', /aws-cdk-go\/awscdk\/v2 v(\S+)/);
}

async function dotnet({ folder, run, synth }) {
  requireTool('.NET', 'dotnet', '--version');
  run('build', 'dotnet', ['build', '--nologo', 'App.csproj'], { fetches: true });
  synth('dotnet', ['run', '--no-build', '--project', 'App.csproj']);
  return versionIn(folder, 'App.csproj', /"Amazon\.CDK\.Lib" Version="([^"]+)/);
}

async function versionIn(folder, file, pattern) {
  return pattern.exec(await readFile(path.join(folder, file), 'utf8'))[1];
}

/**
 * Reads all CloudFormation templates in a folder, and returns them as one JSON text. The keys are sorted,
 * because Go and Java create them in a different order.
 */
async function templatesOf(folder) {
  const files = (await readdir(folder)).filter(file => file.endsWith('.template.json')).sort();
  const templates = await Promise.all(
    files.map(async file => [
      file,
      withoutAnalytics(JSON.parse(await readFile(path.join(folder, file), 'utf8'))),
    ]),
  );
  return JSON.stringify(
    Object.fromEntries(templates),
    (_, value) => (isObject(value) ? Object.fromEntries(Object.entries(value).sort(byKey)) : value),
    1,
  );
}

const isObject = value => typeof value === 'object' && value !== null && !Array.isArray(value);
const byKey = ([one], [other]) => (one < other ? -1 : 1);

/**
 * Removes the resource `AWS::CDK::Metadata` from a template. This resource is different for each language.
 */
function withoutAnalytics({ Resources = {}, Conditions, ...template }) {
  const { CDKMetadataAvailable, ...conditions } = Conditions ?? {};
  const resources = Object.entries(Resources).filter(([, { Type }]) => Type !== 'AWS::CDK::Metadata');
  return { ...template, Resources: Object.fromEntries(resources), Conditions: conditions };
}

/** Removes the transparent background of text widgets, which older versions of aws-cdk-lib do not write. */
function withoutBackground(template) {
  return template.replaceAll(String.raw`,\"background\":\"transparent\"`, '');
}

/**
 * Throws an error with the first differences if the templates of an app and the JavaScript app are not equal.
 * Different Lambda handlers in the packages also make the templates different.
 */
async function requireSame(folder, javascript, other) {
  const [expected, actual] = [javascript, other].map(withoutBackground);
  if (expected === actual) return;
  await Promise.all(
    [
      ['javascript.json', expected],
      ['here.json', actual],
    ].map(([file, text]) => writeFile(path.join(folder, file), text)),
  );
  const { stdout } = spawnSync(
    'git',
    ['diff', '--no-index', '--no-color', '--unified=2', 'javascript.json', 'here.json'],
    { cwd: folder, encoding: 'utf8' },
  );
  throw new Error(
    `the template must be that of the JavaScript app, got the differences:\n${stdout
      .split('\n')
      .slice(4, 4 + SHOWN_LINES)
      .join('\n')}`,
  );
}

const counts = { passed: 0, failed: 0, skipped: 0 };

async function report(name, act, times) {
  try {
    const result = await act();
    counts.passed += 1;
    console.log(`ok ${name}: ${result} (${times.join(', ')})`);
    return true;
  } catch (error) {
    const skipped = error instanceof Skip;
    counts[skipped ? 'skipped' : 'failed'] += 1;
    console.log(
      skipped
        ? `SKIPPED ${name}: ${error.message}`
        : `FAILED ${name}: ${error.message}\n(${times.join(', ')})`,
    );
    return false;
  }
}

const EXAMPLE = /^```ts\n[\s\S]*?^```$/gm;
/**
 * Removes examples that import the runtime or the reports, because other languages do not have these modules.
 * test/system/docs/examples.test.ts compiles the removed examples.
 */
const withoutRuntime = page =>
  page.replaceAll(EXAMPLE, block =>
    /cdk-token-analytics\/(?:runtime|reports)/.test(block) ? block.replaceAll(/.*/g, '') : block,
  );

/**
 * Creates a project for jsii-rosetta, which extracts examples from a README. The README of this project is
 * README.md together with all pages of docs/.
 */
async function exampleProject(project) {
  await cp(at('rosetta'), path.join(project, 'rosetta'), { recursive: true });
  await Promise.all(
    ['package.json', 'lib', 'node_modules'].map(name => symlink(at(name), path.join(project, name))),
  );
  const pages = [
    'README.md',
    ...(await readdir(at('docs')))
      .filter(file => file.endsWith('.md'))
      .sort()
      .map(file => path.join('docs', file)),
  ];
  const texts = await Promise.all(pages.map(async page => withoutRuntime(await readFile(at(page), 'utf8'))));
  // The file `.jsii` only contains the name of the compressed file with the assembly.
  const { filename } = JSON.parse(await readFile(at('.jsii'), 'utf8'));
  const assembly = JSON.parse(gunzipSync(await readFile(at(filename))));
  await writeFile(
    path.join(project, '.jsii'),
    JSON.stringify({ ...assembly, readme: { markdown: texts.join('\n') } }),
  );
}

/**
 * Checks with jsii-rosetta that the examples of the constructs compile, and that they can be translated to
 * all languages.
 */
async function examples(project) {
  const { run, times } = runner(root);
  await report(
    'examples',
    async () => {
      await exampleProject(project);
      run('extract', process.execPath, [
        at('node_modules/jsii-rosetta/bin/jsii-rosetta'),
        'extract',
        '--strict',
        project,
      ]);
      const { snippets } = JSON.parse(await readFile(path.join(project, '.jsii.tabl.json'), 'utf8'));
      const count = Object.keys(snippets).length;
      if (count === 0) throw new Error('there must be examples, got none');
      return `${count} of README.md, docs/ and doc comments compile`;
    },
    times,
  );
}

/** Generates the source code of the Python, Java, Go and .NET packages. */
async function generate(packages) {
  const { run, times } = runner(root);
  return report(
    'sources',
    async () => {
      run('generate', process.execPath, [
        at('node_modules/jsii-pacmak/bin/jsii-pacmak'),
        '--code-only',
        '--no-npmignore',
        '--outdir',
        packages,
        root,
      ]);
      const files = await Promise.all(
        Object.keys(LANGUAGES).map(async name => {
          const entries = await readdir(path.join(packages, name), { recursive: true, withFileTypes: true });
          return `${name} ${entries.filter(entry => entry.isFile()).length}`;
        }),
      );
      return `files: ${files.join(', ')}`;
    },
    times,
  );
}

async function language(name, packages, expected) {
  const folder = path.join(work, name);
  await cp(at('test/system/languages', name), folder, { recursive: true });
  const { run, times } = runner(folder);
  const output = path.join(folder, 'cdk.out');
  const synth = (command, args) => run('app', command, args, { env: { CDK_OUTDIR: output } });
  await report(
    name,
    async () => {
      const version = await LANGUAGES[name]({ folder, packages, run, synth });
      await requireSame(folder, expected, await templatesOf(output));
      return `builds, and synthesises the same template with aws-cdk-lib ${version}`;
    },
    times,
  );
}

async function all(chosen) {
  const names = Object.keys(LANGUAGES).filter(name => chosen.includes(name));
  if (chosen.includes('examples')) await examples(path.join(work, 'examples'));
  if (names.length === 0) return;

  const packages = path.join(work, 'package');
  await mkdir(packages);
  const reference = path.join(work, 'javascript');
  const { run, times } = runner(root);
  const ready =
    (await report(
      'javascript',
      async () => {
        run('app', process.execPath, [at('test/system/languages/app.js')], {
          env: { CDK_OUTDIR: reference },
        });
        return `synthesises with aws-cdk-lib ${devDependencies['aws-cdk-lib']}`;
      },
      times,
    )) && (await generate(packages));
  if (!ready) return;

  const expected = await templatesOf(reference);
  // The languages are built one after another, because each compiler uses all cores.
  for (const name of names) await language(name, packages, expected);
}

try {
  await all(wanted.length > 0 ? wanted : known);
} finally {
  await rm(work, { recursive: true, force: true });
}
console.log(`languages: passed ${counts.passed}, failed ${counts.failed}, skipped ${counts.skipped}`);
process.exitCode = counts.failed > 0 ? 1 : 0;
