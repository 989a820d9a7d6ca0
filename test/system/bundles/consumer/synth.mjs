// Synthesises an app: `node synth.mjs <outdir> [entry] [cjs|esm]`. With an entry file, the app has a function
// that the CDK bundles. Without an entry file, the app has the layer. All imports are default imports,
// because Node.js cannot detect the named exports of these CommonJS modules.
import cdk from 'aws-cdk-lib';
import lambda from 'aws-cdk-lib/aws-lambda';
import nodejs from 'aws-cdk-lib/aws-lambda-nodejs';
import tokenAnalytics from 'cdk-token-analytics';

const [outdir, entry, format] = process.argv.slice(2);
const app = new cdk.App({ outdir });
const stack = new cdk.Stack(app, 'Stack');
if (entry === undefined) {
  new tokenAnalytics.TokenAnalyticsLayer(stack, 'Layer');
} else {
  new nodejs.NodejsFunction(stack, 'Function', {
    entry,
    runtime: lambda.Runtime.NODEJS_22_X,
    ...(format === 'esm' && { bundling: { format: nodejs.OutputFormat.ESM } }),
  });
}
app.synth();
