package lib.chart;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/**
 * Files that are part of the program, by chart.java's //FILES line; bin/standalone.java puts their text in the place of
 * the calls.
 */
final class PageFile {
    private PageFile() {}

    static String text(String name) {
        try (var in = PageFile.class.getResourceAsStream("/" + name)) {
            if (in == null) {
                throw new IllegalStateException(name + " is not part of the program: //FILES of chart.java");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
