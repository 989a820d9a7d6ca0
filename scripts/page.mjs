// Builds the files of the web page for the commands `preview` and `demo`. Usage:
// `node scripts/page.mjs <outdir>`. Writes app.js, charts.mjs and style.css.
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');

const common = {
  absWorkingDir: root,
  bundle: true,
  format: 'esm',
  target: 'es2022',
  minify: true,
  legalComments: 'none',
  logLevel: 'warning',
  metafile: true,
};

/**
 * Source of charts.mjs, which contains only the kinds of charts that the page needs. The page loads it in the
 * browser. The command loads it to draw charts in pages without scripts.
 */
const CHARTS = `
import { BarChart, GaugeChart, LineChart, PieChart } from 'echarts/charts';
import { GridComponent, MarkLineComponent, TooltipComponent } from 'echarts/components';
import { init, use } from 'echarts/core';
import { CanvasRenderer, SVGRenderer } from 'echarts/renderers';
use([BarChart, GaugeChart, LineChart, PieChart, GridComponent, MarkLineComponent, TooltipComponent, CanvasRenderer, SVGRenderer]);
export { init };
`;

/**
 * Creates an esbuild plugin that replaces imports of `echarts` by imports of the built charts.mjs.
 *
 * @param file path of charts.mjs, relative to the importing bundle
 */
export const builtCharts = file => ({
  name: 'built-charts',
  setup: ({ onResolve }) => onResolve({ filter: /^echarts$/ }, () => ({ path: file, external: true })),
});

export async function buildPage(outdir) {
  return Promise.all([
    build({
      ...common,
      entryPoints: {
        app: path.join(root, 'local/page/browser/app.ts'),
        style: path.join(root, 'local/page/style.css'),
      },
      outdir,
      plugins: [builtCharts('./charts.mjs')],
    }),
    build({
      ...common,
      stdin: { contents: CHARTS, resolveDir: root },
      outfile: path.join(outdir, 'charts.mjs'),
    }),
  ]);
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [, , outdir] = process.argv;
  if (!outdir) {
    console.error('page: the first argument must be the output folder');
    process.exit(2);
  }
  await buildPage(path.resolve(outdir));
}
