// Loads the project's prices for scripts. The prices are in TypeScript modules, which are compiled in memory.
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const ROOT = path.join(path.dirname(fileURLToPath(import.meta.url)), '..', '..');
const MODULES = `
  export { locateModelId } from './lambda/pricing/model-id';
  export { PRICED_BY_REGION } from './lambda/pricing/list-prices/overrides';
  export { listedFactor } from './lambda/pricing/list-prices/tier-factors';
  export { picoToDecimalString, usdToPico } from './lambda/pricing/pico';
  export { listedMarkets, pricedModels, priceKey } from './lambda/pricing/price-lookup';
  export { PRICE_TIERS } from './src/contract';
`;

export async function loadPrices() {
  const {
    outputFiles: [{ text }],
  } = await build({
    absWorkingDir: ROOT,
    bundle: true,
    format: 'esm',
    platform: 'node',
    write: false,
    stdin: { contents: MODULES, loader: 'ts', resolveDir: ROOT },
  });
  return import(`data:text/javascript,${encodeURIComponent(text)}`);
}
