import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import lib.RecordFields;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("unit")
class RecordFieldsTest {
    record Piece(String name, long sizeBytes, Integer parts, List<String> labels, boolean good) {}

    @Test
    void a_record_is_made_and_copied_by_names() {
        var piece = RecordFields.of(Piece.class).with("sizeBytes", 3L).with("name", "a").restUnknown().record();
        assertEquals(new Piece("a", 3, null, null, false), piece);
        assertEquals(new Piece("a", 3, 7, null, false), RecordFields.of(piece).with("parts", 7).record());
    }

    @Test
    void a_wrong_name_and_a_missing_value_are_told_at_once() {
        assertEquals(
            "Piece has no component size",
            assertThrows(IllegalArgumentException.class, () -> RecordFields.of(Piece.class).with("size", 1))
                .getMessage());
        assertEquals(
            "Piece was not given sizeBytes",
            assertThrows(
                IllegalStateException.class,
                () -> RecordFields.of(Piece.class).with("name", null).record()).getMessage());
        assertEquals("size_bytes", RecordFields.of(Piece.class).missing().get(1).column());
    }
}
