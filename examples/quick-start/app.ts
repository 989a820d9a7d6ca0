import * as path from 'node:path';
import { App } from 'aws-cdk-lib';
import { QuickStartStack } from './stack';

const app = new App();
new QuickStartStack(app, 'QuickStart', {
  agentCode: path.join(__dirname, '..', '..', 'build', 'cli', 'quick-start-agent'),
});
