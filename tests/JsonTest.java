import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.annotation.JsonIgnore;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import lib.Json;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.core.JacksonException;

@Tag("unit")
class JsonTest {
    enum Colour { RED }

    record Inner(double d, Long n) {}

    record Outer(
        String text,
        Instant at,
        boolean isOn,
        Colour colour,
        List<Inner> inners,
        Map<String, Integer> counts,
        String nothing,
        @JsonIgnore int secret) {
        public boolean isGood() {
            return !text.isEmpty();
        }
    }

    private static final Outer VALUE = new Outer(
        "a \"b\"\n\\ ü 😀\u0001",
        Instant.parse("2025-07-04T16:53:26.5Z"),
        true,
        Colour.RED,
        List.of(new Inner(0.1, 1L << 60), new Inner(1e30, null)),
        Map.of("k", 3),
        null,
        7);

    @Test
    void a_record_is_written_component_by_component_and_read_again() {
        assertEquals("""
            {
              "text" : "a \\"b\\"\\n\\\\ ü 😀\\u0001",
              "at" : "2025-07-04T16:53:26.500Z",
              "isOn" : true,
              "colour" : "RED",
              "inners" : [ {
                "d" : 0.1,
                "n" : 1152921504606846976
              }, {
                "d" : 1.0E30,
                "n" : null
              } ],
              "counts" : {
                "k" : 3
              },
              "nothing" : null,
              "isGood" : true
            }
            """, Json.write(VALUE));
        assertEquals(VALUE.text(), Json.read(Json.write(VALUE), Outer.class).text());
        assertEquals(VALUE.inners(), Json.read(Json.write(VALUE), Outer.class).inners());
        assertEquals(VALUE.at(), Json.read(Json.write(VALUE), Outer.class).at());
    }

    @Test
    void to_a_stream_it_is_the_same_and_the_stream_stays_open() throws IOException {
        var out = new ByteArrayOutputStream();
        Json.write(VALUE, out);
        assertEquals(Json.write(VALUE), out.toString(StandardCharsets.UTF_8));
        assertEquals("[ ]\n", Json.write(List.of()));
    }

    @Test
    void what_has_no_form_in_json_is_refused_rather_than_guessed() {
        assertThrows(IllegalArgumentException.class, () -> Json.write(Map.of("at", new Object())));
    }

    record Choices(Set<String> words, Object any, List<List<Integer>> rows, int count, boolean isOn) {}

    @Test
    void what_a_record_does_not_know_or_lack_is_no_trouble() {
        var text =
            "{\"new\": {\"a\": [1]}, \"words\": [\"b\", \"a\"], \"any\": {\"n\": [1, \"t\", null]}, "
                + "\"rows\": [[1], []]}";
        var read = Json.read(text, Choices.class);
        assertEquals(Set.of("a", "b"), read.words());
        assertEquals("{n=[1, t, null]}", read.any().toString());
        assertEquals(List.of(List.of(1), List.of()), read.rows());
        assertEquals(0, read.count());
    }

    @ParameterizedTest @ValueSource(
        strings = {"", "{", "[]", "{\"text\": 5 5}", "{\"text\": \"a\"} x", "{\"at\": \"yesterday\"}",
            "{\"colour\": \"BLUE\"}",
            "{\"isOn\": \"yes\"}", "{\"inners\": {}}", "{\"inners\": [{\"n\": \"x\"}]}", "{\"inners\": [{\"n\": 1",
            "{\"counts\": [1]}",
            "{\"counts\": {\"a\": 99999999999}}", "\"text\"", "{text: 1}"})
    void what_is_no_such_record_is_refused_with_one_kind_of_error(String text) {
        assertThrows(JacksonException.class, () -> Json.read(text, Outer.class));
    }
}
