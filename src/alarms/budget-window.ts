import type { BudgetAlertLambda } from '../budget/budget-alert-lambda';
import { BUDGET_ALERT } from '../private/kinds';
import { requireKind, TEXT } from '../private/shape';

const NAME = 'BudgetWindow';

/**
 * Over which time the budget alarms add the cost up.
 */
export class BudgetWindow {
  /**
   * The last 24 hours, judged each minute: an alarm fires as soon as they
   * have cost too much, and is silent again once the dear hours are past.
   */
  public static rolling24Hours(): BudgetWindow {
    return new BudgetWindow();
  }

  /**
   * The last completed calendar day, from midnight to midnight. The alarms speak **after
   * midnight**, of the day that is over: for the day under way, use `dayToDate`.
   *
   * @param timeZone the time zone in which days are cut, by its IANA name. Default: UTC
   */
  public static calendarDay(timeZone = 'UTC'): BudgetWindow {
    requireKind(NAME, 'timeZone', timeZone, TEXT);
    return new BudgetWindow(timeZone);
  }

  /**
   * The calendar day under way, as an enabled `BudgetAlertLambda` publishes its cost: the alarms speak on the
   * day itself, at the function's next run, and are silent again at the first run of the next day. The
   * function's time zone holds. Where no function publishes, they never speak.
   *
   * There is no such gauge for one agent, so `agentBudgets` look at the last 24 hours.
   *
   * @param budgetAlert the function, to be held to what the alarms
   * need: enabled, with their namespace. Default: it is not looked at
   */
  public static dayToDate(budgetAlert?: BudgetAlertLambda): BudgetWindow {
    requireKind(NAME, 'budgetAlert', budgetAlert, BUDGET_ALERT);
    return new BudgetWindow(undefined, true, budgetAlert);
  }

  /**
   * The time zone of a completed calendar day.
   */
  public readonly timeZone?: string;

  /**
   * Whether it is the day under way.
   */
  public readonly isDayToDate: boolean;

  /**
   * The function that publishes the cost of the day under way, where it was given.
   */
  public readonly budgetAlert?: BudgetAlertLambda;

  private constructor(timeZone?: string, isDayToDate = false, budgetAlert?: BudgetAlertLambda) {
    this.timeZone = timeZone;
    this.isDayToDate = isDayToDate;
    this.budgetAlert = budgetAlert;
  }
}
