import type { BudgetAlertLambda } from '../budget/budget-alert-lambda';
import { BUDGET_ALERT } from '../private/kinds';
import { requireKind, TEXT } from '../private/shape';

const NAME = 'BudgetWindow';

/** The time over which the budget alarms add up the cost. */
export class BudgetWindow {
  /**
   * The last 24 hours, evaluated each minute. An alarm fires as soon as the last 24 hours cost too much. It
   * returns to OK when the expensive hours are more than 24 hours ago.
   */
  public static rolling24Hours(): BudgetWindow {
    return new BudgetWindow();
  }

  /**
   * The last completed calendar day, from midnight to midnight. The alarms fire **after midnight**, for the
   * day that has ended. For the current day, use `dayToDate`.
   *
   * @param timeZone the IANA name of the time zone in which days begin and end. Default: UTC
   */
  public static calendarDay(timeZone = 'UTC'): BudgetWindow {
    requireKind(NAME, 'timeZone', timeZone, TEXT);
    return new BudgetWindow(timeZone);
  }

  /**
   * The current calendar day, in the time zone of the budget alert function.
   *
   * An enabled `BudgetAlertLambda` publishes the cost of the day. The alarms fire on the same day, at the
   * next run of the function, and return to OK at the first run of the next day. Without such a function they
   * never fire.
   *
   * The function publishes no cost for single agents, so `agentBudgets` use the last 24 hours.
   *
   * @param budgetAlert the function. It must be enabled and use the namespace of the alarms. Default: no
   * function is checked
   */
  public static dayToDate(budgetAlert?: BudgetAlertLambda): BudgetWindow {
    requireKind(NAME, 'budgetAlert', budgetAlert, BUDGET_ALERT);
    return new BudgetWindow(undefined, true, budgetAlert);
  }

  /** The time zone of the last completed calendar day. Undefined for the other windows. */
  public readonly timeZone?: string;

  /** True if the window is the current day. */
  public readonly isDayToDate: boolean;

  /** The function that publishes the cost of the current day, if it was given. */
  public readonly budgetAlert?: BudgetAlertLambda;

  private constructor(timeZone?: string, isDayToDate = false, budgetAlert?: BudgetAlertLambda) {
    this.timeZone = timeZone;
    this.isDayToDate = isDayToDate;
    this.budgetAlert = budgetAlert;
  }
}
