#!/usr/bin/env node
import { Command } from 'commander';
import { version } from '../package.json';
import { addDemoCommand } from './demo-command';

const program = new Command('token-analytics')
  .description('Token usage and cost of LLM agents on Amazon Bedrock, from your own AWS account')
  .version(version)
  .showHelpAfterError();

addDemoCommand(program);

program.parseAsync().catch((error: unknown) => {
  process.stderr.write(`token-analytics: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
