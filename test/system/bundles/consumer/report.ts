import { UsageReports } from 'cdk-token-analytics/reports';

interface Question {
  readonly day: string;
  readonly tableName: string;
  readonly endpoint: string;
}

/** Returns the total cost of a day from a report, in pico-dollars (US dollars × 10⁻¹²). */
export async function costOf({ day, tableName, endpoint }: Question): Promise<string> {
  const reports = new UsageReports({
    tableName,
    endpoint,
    region: 'us-east-1',
    now: () => new Date(`${day}T23:59:59.999Z`),
  });
  const { total } = await reports.daily(day);
  reports.close();
  return total.cost.picoUsd.toString();
}
