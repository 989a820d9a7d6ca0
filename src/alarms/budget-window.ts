import type { BudgetAlertLambda } from '../budget/budget-alert-lambda';
import { BUDGET_ALERT } from '../private/kinds';
import { requireKind, TEXT } from '../private/shape';

const NAME = 'BudgetWindow';

/** The time range over which the budget alarms add up the cost. */
export class BudgetWindow {
  /**
   * Window of the last 24 hours, evaluated each minute. An alarm fires as soon as the cost of the last 24
   * hours reaches the threshold. The alarm returns to OK as soon as this cost is below the threshold.
   */
  public static rolling24Hours(): BudgetWindow {
    return new BudgetWindow();
  }

  /**
   * Window of the last completed calendar day, from midnight to midnight. The alarms fire **after midnight**,
   * for the day that has ended. For alarms on the current day, use `dayToDate`.
   *
   * @param timeZone the IANA name of the time zone in which days begin and end. Default: UTC
   */
  public static calendarDay(timeZone = 'UTC'): BudgetWindow {
    requireKind(NAME, 'timeZone', timeZone, TEXT);
    return new BudgetWindow(timeZone);
  }

  /**
   * Window of the current calendar day, in the time zone of the `BudgetAlertLambda`.
   *
   * An enabled `BudgetAlertLambda` publishes the cost of the day at each run. The alarms fire at the first
   * run after the cost reaches the threshold. They return to OK at the first run of the next day. Without an
   * enabled `BudgetAlertLambda`, the alarms never fire.
   *
   * The alarms of `agentBudgets` use the last 24 hours, because the function publishes no cost of single
   * agents.
   *
   * @param budgetAlert the function that publishes the cost of the day. It must be enabled and use the
   * namespace of the alarms. Default: none. If the app has no such function, a warning is added at synthesis
   */
  public static dayToDate(budgetAlert?: BudgetAlertLambda): BudgetWindow {
    requireKind(NAME, 'budgetAlert', budgetAlert, BUDGET_ALERT);
    return new BudgetWindow(undefined, true, budgetAlert);
  }

  /** The time zone of a window from `calendarDay`. Undefined for the other windows. */
  public readonly timeZone?: string;

  /** True if the window is the current calendar day. */
  public readonly isDayToDate: boolean;

  /** The budget alert function that was passed to `dayToDate`. */
  public readonly budgetAlert?: BudgetAlertLambda;

  private constructor(timeZone?: string, isDayToDate = false, budgetAlert?: BudgetAlertLambda) {
    this.timeZone = timeZone;
    this.isDayToDate = isDayToDate;
    this.budgetAlert = budgetAlert;
  }
}
