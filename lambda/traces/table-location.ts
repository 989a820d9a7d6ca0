/** Where the table is. */
export interface TableLocation {
  readonly tableName: string;
  readonly region?: string;
  readonly endpoint?: string;
}
