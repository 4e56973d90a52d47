import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import lib.Table;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("unit")
class TableTest {
    @Test
    void numbers_stand_to_the_right_and_text_to_the_left() {
        assertEquals("""
            name    rows     size
            a          7   1.0 kB
            ümläut   120  9 bytes
            """, Table.of("name", "rows", "size").row("a", 7, "1.0 kB").row("ümläut", 120, "9 bytes").toString());
    }

    @Test
    void a_name_cannot_reach_the_terminal_with_control_characters() {
        assertFalse(Table.of("name").row("a\u001b[31mb\nc").toString().contains("\u001b"));
    }
}
