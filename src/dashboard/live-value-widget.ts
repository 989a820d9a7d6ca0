import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';

/**
 * Widget with the latest value of each metric. It includes the current period, which has not ended. Without
 * live data, CloudWatch shows the last complete period, e.g. yesterday instead of today (CloudWatch User
 * Guide, "Use live data"). The widget of aws-cdk-lib has no option for live data.
 */
export class LiveValueWidget extends cloudwatch.SingleValueWidget {
  public override toJson(): unknown[] {
    return (super.toJson() as { readonly properties: object }[]).map(widget => ({
      ...widget,
      properties: { ...widget.properties, liveData: true },
    }));
  }
}
