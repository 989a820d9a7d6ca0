// Synthesises a CDK app: `node synth.mjs <outdir> [entry] [cjs|esm]`. If `entry` is given, the app contains a
// NodejsFunction with this file. Otherwise, the app contains a TokenAnalyticsLayer. Default imports are used,
// because Node.js does not find named exports in some CommonJS modules.
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
