import * as fs from 'fs';
import * as path from 'path';
import { AssetHashType, DockerImage, Token } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { ASSETS_FOLDER, REQUIRED_FOLDER } from '../private/entry-points';
import { PACKAGE_ROOT } from '../private/handler-function';
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
/**
 * Folders of this package that the layer contains: the runtime, and the modules that the runtime loads at
 * their first use.
 */
const PARTS = [path.join('lib', 'runtime'), ASSETS_FOLDER, REQUIRED_FOLDER];
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
    super(scope, id, {
      layerVersionName: props.layerVersionName,
      description: 'Token analytics: the runtime',
      // Omits Node.js 20, because Lambda has deprecated it. A function with Node.js 20 can include
      // `cdk-token-analytics/runtime` in its bundle.
      compatibleRuntimes: [lambda.Runtime.NODEJS_22_X, lambda.Runtime.NODEJS_24_X],
      compatibleArchitectures: [lambda.Architecture.ARM_64, lambda.Architecture.X86_64],
      // Builds the layer at synthesis from files of this package, so that the package contains only one copy
      // of the runtime.
      code: lambda.Code.fromAsset(path.join(PACKAGE_ROOT, PARTS[0]), {
        assetHashType: AssetHashType.OUTPUT,
        bundling: { image: DockerImage.fromRegistry('none'), local: { tryBundle: writeLayer } },
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

function writeLayer(outputDir: string): boolean {
  const { name, version, license } = JSON.parse(
    fs.readFileSync(path.join(PACKAGE_ROOT, 'package.json'), 'utf8'),
  ) as { [key: string]: string };
  const root = path.join(outputDir, FOLDER);
  for (const part of PARTS) {
    fs.mkdirSync(path.join(root, part), { recursive: true });
    const files = fs.readdirSync(path.join(PACKAGE_ROOT, part)).filter(file => CODE_FILE.test(file));
    for (const file of files) {
      fs.copyFileSync(path.join(PACKAGE_ROOT, part, file), path.join(root, part, file));
    }
  }
  fs.writeFileSync(
    path.join(root, 'package.json'),
    JSON.stringify({
      name,
      version,
      license,
      exports: { './runtime': { import: './lib/runtime/index.mjs', require: './lib/runtime/index.js' } },
    }),
  );
  return true;
}
