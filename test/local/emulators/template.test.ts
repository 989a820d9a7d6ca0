import { resolveTemplate } from '../../../local/emulators/template';

const DEPLOYMENT = { region: 'eu-west-1', accountId: '123456789012', partition: 'aws' };
const TEMPLATE = {
  Resources: {
    Table: { Type: 'AWS::DynamoDB::GlobalTable', Properties: {} },
    Named: {
      Type: 'AWS::Lambda::Function',
      Properties: { FunctionName: { 'Fn::Join': ['-', ['agent', { Ref: 'AWS::Region' }]] } },
    },
    Topic: { Type: 'AWS::SNS::Topic' },
  },
};
const { resolve } = resolveTemplate(TEMPLATE, DEPLOYMENT);

describe('resolveTemplate', () => {
  test.each([
    [{ Ref: 'AWS::Region' }, 'eu-west-1'],
    [{ Ref: 'Table' }, 'Table'],
    [{ Ref: 'Named' }, 'agent-eu-west-1'],
    [{ 'Fn::GetAtt': ['Named', 'Arn'] }, 'arn:aws:lambda:eu-west-1:123456789012:function:agent-eu-west-1'],
    [{ 'Fn::GetAtt': 'Table.Arn' }, 'arn:aws:dynamodb:eu-west-1:123456789012:table/Table'],
    [{ 'Fn::Join': ['', ['a', { Ref: 'AWS::Partition' }, 'b']] }, 'aawsb'],
    [
      { 'Fn::Sub': '${AWS::AccountId}/${Named}/${Table.Arn}/${!kept}' },
      '123456789012/agent-eu-west-1/arn:aws:dynamodb:eu-west-1:123456789012:table/Table/${kept}',
    ],
    [{ 'Fn::Sub': ['${own}', { own: { Ref: 'Table' } }] }, 'Table'],
    [{ 'Fn::Select': [1, { 'Fn::Split': ['/', 'a/b/c'] }] }, 'b'],
    [
      [{ Ref: 'Table' }, 1, null, { deep: [{ Ref: 'AWS::URLSuffix' }] }],
      ['Table', 1, null, { deep: ['amazonaws.com'] }],
    ],
    [{ Ref: 'AWS::NoValue' }, undefined],
  ])('replaces %j by its value', (value, expected) => {
    expect(resolve(value)).toEqual(expected);
  });

  test.each([
    [{ Ref: 'Nothing' }, 'no resource Nothing'],
    [{ 'Fn::ImportValue': 'x' }, 'Fn::ImportValue'],
    [{ 'Fn::GetAtt': ['Topic', 'TopicName'] }, 'Topic.TopicName'],
  ])('names the unknown reference in %j', (value, message) => {
    expect(() => resolve(value)).toThrow(message);
  });
});
