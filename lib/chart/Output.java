//SOURCES ../AtomicFile.java ../ExitCode.java ../Failure.java Bucket.java ChartData.java CsvFile.java JsonFile.java
//SOURCES Metric.java PngFile.java SvgFile.java TextPreview.java Theme.java Workbook.java
package lib.chart;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import lib.AtomicFile;
import lib.ExitCode;
import lib.Failure;

/**
 * Where a chart goes, and as what.
 *
 * @param file null for stdout
 */
public record Output(Path file, String format) {
    /** Formats by the endings of their files. */
    private static final Map<String, String> BY_EXTENSION = byExtension();

    /** The picture's size and colours, as typed. */
    public record Picture(int width, int height, String theme) {
        private static final Pattern SIZE = Pattern.compile("(\\d{3,5})x(\\d{3,5})");

        public static Picture parse(String size, String theme) {
            var m = SIZE.matcher(size.strip());
            if (!m.matches() || !fits(m.group(1), 300) || !fits(m.group(2), 200)) {
                throw Failure.usage(
                    "'" + size + "' is not a size of a chart",
                    "write it like 1200x600, from 300x200 to 10000x10000.");
            }
            if (!List.of("light", "dark").contains(theme)) {
                throw Failure.usage("there is no theme '" + theme + "'", "choose light or dark.");
            }
            return new Picture(Integer.parseInt(m.group(1)), Integer.parseInt(m.group(2)), theme);
        }

        private static boolean fits(String pixels, int least) {
            int n = Integer.parseInt(pixels);
            return n >= least && n <= 10_000;
        }
    }

    private static Map<String, String> byExtension() {
        var map = new LinkedHashMap<String, String>();
        for (var extension : List.of("svg", "png", "xlsx", "csv", "json")) map.put(extension, extension);
        map.put("txt", "text");
        return map;
    }

    /** @param output null, "-" or a path; @param format null = by the file's ending; @param otherwise the path without ending, when none was given */
    public static Output of(String output, String format, String otherwise) {
        if (format != null && !BY_EXTENSION.containsValue(format)) {
            throw Failure.usage(
                "there is no format '" + format + "'",
                "choose one of: " + String.join(", ", BY_EXTENSION.values()) + ".");
        }
        if ("-".equals(output)) return new Output(null, format == null ? "text" : format);
        if (output == null) {
            var chosen = format == null ? "svg" : format;
            return new Output(Path.of(otherwise + "." + (chosen.equals("text") ? "txt" : chosen)), chosen);
        }
        var file = Path.of(output);
        if (format != null) return new Output(file, format);
        var name = String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT);
        var known = BY_EXTENSION.get(name.substring(name.lastIndexOf('.') + 1));
        if (!name.contains(".") || known == null) {
            throw Failure.usage(
                "cannot tell the format from the name '%s'".formatted(output),
                "end it with one of: ." + String.join(", .", BY_EXTENSION.keySet()) + "; or say --format.");
        }
        return new Output(file, known);
    }

    public boolean isStdout() {
        return file == null;
    }

    /**
     * Draws a chart of two points, to nowhere, on a thread of its own: what the drawing needs is loaded while the database still works,
     * and a chart is there a good tenth of a second earlier.
     */
    public void warmUp(Metric metric, Picture picture) {
        Thread.ofPlatform().daemon().start(() -> {
            try {
                var two = new double[] {1, 2};
                var from = Instant.EPOCH;
                send(
                    new ChartData(
                        metric,
                        from,
                        from.plusSeconds(2),
                        ZoneOffset.UTC,
                        Bucket.atLeast(1),
                        new long[] {0, 1_000_000},
                        List.of(new ChartData.Series("", two, two, two, new long[] {1, 1})),
                        metric.sources().getFirst(),
                        "",
                        2,
                        2,
                        0,
                        "",
                        List.of()),
                    new Picture(300, 200, picture.theme()),
                    OutputStream.nullOutputStream());
            } catch (IOException | RuntimeException | Error trouble) {
                // the real drawing meets the same, and tells it
            }
        });
    }

    public void write(ChartData data, Picture picture) throws IOException {
        if (isStdout()) {
            send(data, picture, System.out);
            System.out.flush();
        } else {
            writeFile(data, picture);
        }
    }

    private void writeFile(ChartData data, Picture picture) throws IOException {
        try {
            AtomicFile.write(file, out -> send(data, picture, out));
        } catch (FileSystemException e) {
            var why = switch (e) {
                case AccessDeniedException _ -> "permission denied";
                case NoSuchFileException _ -> "that place takes no files";
                case FileAlreadyExistsException _ -> e.getFile() + " is no directory";
                default -> e.getReason();
            };
            if (why == null || why.contains("No space left")) throw e;
            throw new Failure(
                ExitCode.NOT_READY,
                "cannot write " + file + ": " + why,
                "choose another place with -o.",
                e);
        }
    }

    private void send(ChartData data, Picture picture, OutputStream out) throws IOException {
        var theme = Theme.named(picture.theme());
        switch (format) {
            case "svg" ->
                out.write(SvgFile.of(data, theme, picture.width(), picture.height()).getBytes(StandardCharsets.UTF_8));
            case "png" -> PngFile.write(data, theme, picture.width(), picture.height(), out);
            case "xlsx" -> Workbook.write(data, out);
            case "csv" -> CsvFile.write(data, out);
            case "json" -> JsonFile.write(data, out);
            default -> out.write(TextPreview.of(data).getBytes(StandardCharsets.UTF_8));
        }
    }
}
