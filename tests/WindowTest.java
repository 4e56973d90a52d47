import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.time.ZonedDateTime;
import lib.Failure;
import lib.Window;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("unit")
class WindowTest {
    private static final ZonedDateTime END = ZonedDateTime.parse("2025-07-04T16:53:26Z[UTC]");

    @ParameterizedTest @CsvSource({"1h,2025-07-04T15:53:26Z[UTC]", "24h,2025-07-03T16:53:26Z[UTC]",
        "7d,2025-06-27T16:53:26Z[UTC]",
        "2w,2025-06-20T16:53:26Z[UTC]",
        "90m,2025-07-04T15:23:26Z[UTC]", "1h30m,2025-07-04T15:23:26Z[UTC]", " 10S ,2025-07-04T16:53:16Z[UTC]",
        "3mo,2025-04-04T16:53:26Z[UTC]", "1y,2024-07-04T16:53:26Z[UTC]", "500ms,2025-07-04T16:53:25.500Z[UTC]"})
    void windows_end_where_they_are_told(String typed, ZonedDateTime start) {
        assertEquals(start, Window.parse(typed).before(END));
    }

    @ParameterizedTest @ValueSource(
        strings = {"banana", "", "1", "h", "-1h", "1h-", "0h", "0d0h", "1.5h", "99999999999999999999d", "9999999999w",
            "1yy",
            "٣d"})
    void what_is_no_window_is_wrong_usage(String typed) {
        var failure = assertThrows(Failure.class, () -> Window.parse(typed));
        assertEquals(2, failure.exitCode());
        assertEquals(true, failure.hint() != null);
    }

    @Test
    void a_day_over_a_clock_change_is_a_calendar_day_but_24_hours_are_24_hours() {
        var end = ZonedDateTime.parse("2026-03-29T12:00:00+02:00[Europe/Berlin]");
        assertEquals("2026-03-28T12:00+01:00[Europe/Berlin]", Window.parse("1d").before(end).toString());
        assertEquals("2026-03-28T11:00+01:00[Europe/Berlin]", Window.parse("24h").before(end).toString());
    }
}
