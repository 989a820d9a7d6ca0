import { createHash } from 'crypto';
import * as fs from 'fs';
import * as path from 'path';
import { DockerImage, Token } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { PACKAGE_ROOT, readAssetManifest } from '../private/asset-manifest';
import { requireShape, type Shape, TEXT } from '../private/shape';
import { propError } from '../private/validate';

/**
 * Properties of the layer.
 */
export interface TokenAnalyticsLayerProps {
  /**
   * Name of the layer: 1 to 140 letters, digits, `-` and `_`.
   *
   * @default - CloudFormation generates the name
   */
  readonly layerVersionName?: string;
}

const SHAPE: Shape<TokenAnalyticsLayerProps> = { layerVersionName: TEXT };
/** Pattern of valid layer names (Lambda API reference, PublishLayerVersion). */
const LAYER_NAME = /^[A-Za-z0-9_-]{1,140}$/;

/**
 * Folder of this package inside the layer. Node.js functions load packages from `nodejs/node_modules` (Lambda
 * Developer Guide, "Layer paths").
 */
const FOLDER = path.join('nodejs', 'node_modules', 'cdk-token-analytics');
/** Folder of the runtime in this package, with both module formats. */
const RUNTIME_FOLDER = path.join('lib', 'runtime');
const CODE_FILE = /\.(?:js|mjs|cjs|txt)$/;

/**
 * Lambda layer with the runtime of token analytics. With this layer, a Node.js function can load
 * `cdk-token-analytics/runtime`. A function whose code is bundled needs no layer, because the bundle contains
 * the runtime.
 */
export class TokenAnalyticsLayer extends lambda.LayerVersion {
  /**
   * Creates the layer.
   *
   * @throws if the name is not a valid layer name
   */
  constructor(scope: Construct, id: string, props: TokenAnalyticsLayerProps = {}) {
    requireName(`${scope.node.path}/${id}`, props);
    const content = layerContent();
    super(scope, id, {
      layerVersionName: props.layerVersionName,
      description: 'Token analytics: the runtime',
      // Omits Node.js 20, because Lambda has deprecated it. A function with Node.js 20 can include
      // `cdk-token-analytics/runtime` in its bundle.
      compatibleRuntimes: [lambda.Runtime.NODEJS_22_X, lambda.Runtime.NODEJS_24_X],
      compatibleArchitectures: [lambda.Architecture.ARM_64, lambda.Architecture.X86_64],
      // Builds the layer at synthesis from files of this package, so that the package contains only one copy
      // of the runtime.
      code: lambda.Code.fromAsset(path.join(PACKAGE_ROOT, RUNTIME_FOLDER), {
        assetHash: hashOf(content),
        bundling: {
          image: DockerImage.fromRegistry('none'),
          local: { tryBundle: outputDir => writeLayer(outputDir, content) },
        },
      }),
    });
  }
}

function requireName(where: string, props: TokenAnalyticsLayerProps): void {
  requireShape(where, props, SHAPE);
  const { layerVersionName: name } = props;
  if (name === undefined || Token.isUnresolved(name) || LAYER_NAME.test(name)) return;
  throw propError(
    where,
    'layerVersionName',
    '1 to 140 letters, digits, `-` and `_`',
    name,
    'Remove the other characters.',
  );
}

/** Content of the layer, relative to `FOLDER`. */
interface LayerContent {
  readonly packageJson: string;
  /** Code files: those of the runtime, and those that it loads at their first use. */
  readonly files: readonly string[];
}

function layerContent(): LayerContent {
  const { name, version, license } = JSON.parse(
    fs.readFileSync(path.join(PACKAGE_ROOT, 'package.json'), 'utf8'),
  ) as { [key: string]: string };
  const runtime = fs
    .readdirSync(path.join(PACKAGE_ROOT, RUNTIME_FOLDER))
    .filter(file => CODE_FILE.test(file))
    .sort()
    .map(file => path.join(RUNTIME_FOLDER, file));
  return {
    packageJson: JSON.stringify({
      name,
      version,
      license,
      exports: { './runtime': { import: './lib/runtime/index.mjs', require: './lib/runtime/index.js' } },
    }),
    files: [...runtime, ...readAssetManifest().runtime],
  };
}

/**
 * Returns a hash of the content. aws-cdk-lib's own hash of a folder can keep the value of an older file with
 * the same size and modification time.
 */
function hashOf({ packageJson, files }: LayerContent): string {
  const hash = createHash('sha256').update(packageJson);
  for (const file of files) {
    const bytes = fs.readFileSync(path.join(PACKAGE_ROOT, file));
    hash.update(`${file.split(path.sep).join('/')}\n${bytes.length}\n`).update(bytes);
  }
  return hash.digest('hex');
}

function writeLayer(outputDir: string, { packageJson, files }: LayerContent): boolean {
  const root = path.join(outputDir, FOLDER);
  for (const file of files) {
    fs.mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
    fs.copyFileSync(path.join(PACKAGE_ROOT, file), path.join(root, file));
  }
  fs.writeFileSync(path.join(root, 'package.json'), packageJson);
  return true;
}
