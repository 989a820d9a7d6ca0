import {
  queryProtocol,
  type Emulator,
  type EmulatorOptions,
  startEmulator,
  xmlElement,
} from '../../../local/emulators/emulators';

/** Caller whose identity the fake returns. */
export interface StsOptions extends EmulatorOptions {
  /** @default 123456789012 */
  readonly account?: string;
  /**
   * ARN of the caller.
   *
   * @default - a session of a role in the account
   */
  readonly arn?: string;
}

/** Starts a fake of STS. Supports GetCallerIdentity. */
export async function startSts({
  account = '123456789012',
  arn = `arn:aws:sts::${account}:assumed-role/Operator/session`,
  ...options
}: StsOptions = {}): Promise<Emulator> {
  return startEmulator(
    queryProtocol('https://sts.amazonaws.com/doc/2011-06-15/', {
      GetCallerIdentity: () =>
        xmlElement('Arn', arn) + xmlElement('UserId', 'AROAEXAMPLE:session') + xmlElement('Account', account),
    }),
    options,
  );
}
