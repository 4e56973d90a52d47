import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.time.Duration;
import java.time.Instant;
import lib.Failure;
import lib.Units;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("unit")
class UnitsTest {
    @ParameterizedTest @CsvSource({"0,0 bytes", "1023,1023 bytes", "1024,1.0 kB", "10952166605,10.2 GB",
        "105553116266496,96.0 TB",
        "104857600,100 MB", "-2048,-2.0 kB"})
    void sizes_read_like_pg_size_pretty(long bytes, String text) {
        assertEquals(text, Units.bytes(bytes));
    }

    @ParameterizedTest @CsvSource({"32M,33554432", "1.5 GB,1610612736", "7,7", "10kB,10240", "2GiB,2147483648"})
    void sizes_can_be_typed(String text, long bytes) {
        assertEquals(bytes, Units.parseBytes(text));
    }

    @Test
    void what_is_no_size_is_wrong_usage() {
        assertEquals(2, assertThrows(Failure.class, () -> Units.parseBytes("many")).exitCode());
    }

    @Test
    void durations_keep_two_units() {
        assertEquals("0.8 s", Units.duration(Duration.ofMillis(812)));
        assertEquals("3 min 5 s", Units.duration(Duration.ofSeconds(185)));
        assertEquals("2 h", Units.duration(Duration.ofHours(2)));
        assertEquals("5 d 3 h", Units.duration(Duration.ofHours(123)));
        assertEquals("-3 min", Units.duration(Duration.ofMinutes(-3)));
    }

    @Test
    void file_names_carry_utc() {
        assertEquals("20250704_165326", Units.stamp(Instant.parse("2025-07-04T16:53:26Z")));
        assertEquals("2025-07-04 16:53:26 UTC", Units.utc(Instant.parse("2025-07-04T16:53:26Z")));
    }

    @Test
    void one_is_not_many() {
        assertEquals("1 row", Units.plural(1, "row"));
        assertEquals("3,628,800 rows", Units.plural(3_628_800, "row"));
        assertEquals("2 policies", Units.plural(2, "policy"));
    }

    @Test
    void theyAreManyAsInEnglish() {
        assertEquals("2 foreign keys", Units.plural(2, "foreign key"));
        assertEquals("1 foreign key", Units.plural(1, "foreign key"));
        assertEquals("0 entries", Units.plural(0, "entry"));
        assertEquals("3 rows", Units.plural(3, "row"));
    }
}
