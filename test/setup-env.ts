// The template validator takes five seconds in each test file that synthesises. Only one file tests with it.
process.env.CDK_VALIDATION ??= 'false';
process.env.JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION = '20';
// Tests use local emulators and fakes only, so they must never find real credentials.
process.env.AWS_ACCESS_KEY_ID = 'test';
process.env.AWS_SECRET_ACCESS_KEY = 'test';
process.env.AWS_REGION = 'us-east-1';
process.env.AWS_EC2_METADATA_DISABLED = 'true';
delete process.env.AWS_PROFILE;
