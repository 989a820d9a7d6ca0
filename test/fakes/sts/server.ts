import {
  queryProtocol,
  type Emulator,
  type EmulatorOptions,
  startEmulator,
  xmlElement,
} from '../../../local/emulators/emulators';

/** Options of the STS fake: the caller identity that GetCallerIdentity returns. */
export interface StsOptions extends EmulatorOptions {
  /**
   * Account of the caller.
   *
   * @default 123456789012
   */
  readonly account?: string;
  /**
   * ARN of the caller.
   *
   * @default - the session of a role named `Operator` in `account`
   */
  readonly arn?: string;
}

/** Starts a local server that fakes GetCallerIdentity of STS. */
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
