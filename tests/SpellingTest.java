import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import lib.Spelling;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** "Did you mean" is said where a known word is near, and not for any other word. */
@Tag("unit")
class SpellingTest {
    private static final List<String> KNOWN =
        List.of("host", "port", "schemas", "md", "html", "Europe/Berlin", "target_session_attrs", "TS-CAGG-02");

    @ParameterizedTest @CsvSource({"hots, host", "Hosts, host", "shema, schemas", "htm, html", "berlin, Europe/Berlin",
        "target_session_attr, target_session_attrs", "ts-cag-02, TS-CAGG-02"})
    void a_near_word_is_offered(String typed, String meant) {
        assertEquals("did you mean " + meant + "? ", Spelling.didYouMean(typed, KNOWN));
    }

    @ParameterizedTest @CsvSource({"pdf", "zzqqxx", "password", "x", "everything", "SEQ-01"})
    void a_far_one_is_not(String typed) {
        assertEquals("", Spelling.didYouMean(typed, KNOWN));
    }
}
