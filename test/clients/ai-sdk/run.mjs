import { createAmazonBedrock } from '@ai-sdk/amazon-bedrock';
import { createBedrockAnthropic } from '@ai-sdk/amazon-bedrock/anthropic';
import { createBedrockMantle } from '@ai-sdk/amazon-bedrock/mantle';
import * as ai from 'ai';
import { serveAiSdk } from '../ai-sdk-calls.mjs';

serveAiSdk(ai, { createAmazonBedrock, createBedrockAnthropic, createBedrockMantle });
