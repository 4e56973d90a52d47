//SOURCES ExitCode.java Failure.java Spelling.java
package lib;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.DatabindException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JavaType;
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.cfg.MapperBuilder;
import tools.jackson.databind.exc.MismatchedInputException;
import tools.jackson.databind.exc.UnrecognizedPropertyException;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.dataformat.yaml.YAMLMapper;
import tools.jackson.dataformat.yaml.YAMLParser;

/**
 * A file of settings, YAML or (by its name) JSON, bound to records. Every mistake in it is one line: where, what, and
 * the nearest thing that would be right. A value is shown only where it cannot be a secret.
 */
public final class SettingsFile {
    private record Place(int line, int column, JsonToken token, String text) {}

    private final Path file;
    private final String text;
    private final ObjectMapper mapper;
    private final Map<String, Place> keys = new HashMap<>();
    private final Map<String, Place> values = new LinkedHashMap<>();

    private SettingsFile(Path file, String text) {
        this.file = file;
        this.text = text;
        this.mapper = strict(file.toString().endsWith(".json") ? JsonMapper.builder() : YAMLMapper.builder());
    }

    private static ObjectMapper strict(MapperBuilder<?, ?> builder) {
        return builder.enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .enable(DeserializationFeature.ACCEPT_SINGLE_VALUE_AS_ARRAY)
            .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
            .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
            .build();
    }

    /** @param howToMake the hint where there is no such file */
    public static SettingsFile read(Path file, String howToMake) {
        try {
            var settings = new SettingsFile(file, Files.readString(file).replaceFirst("^\uFEFF", ""));
            settings.look();
            return settings;
        } catch (NoSuchFileException e) {
            throw Failure.usage(file + ": no such file", howToMake);
        } catch (CharacterCodingException e) {
            throw Failure.usage(file + ": is not text in UTF-8", "save it as UTF-8.");
        } catch (IOException e) {
            throw new Failure(
                ExitCode.NOT_READY,
                file + ": cannot be read: " + e.getMessage(),
                "check its owner and mode.",
                e);
        }
    }

    /** Nothing is in it, or comments alone. */
    public boolean isEmpty() {
        return values.isEmpty() || values.get("").token() == JsonToken.VALUE_NULL;
    }

    /** @param path "rules.IX-01" or "targets[0]" */
    public boolean has(String path) {
        return values.containsKey(path);
    }

    /** All of it. */
    public <T> T as(Class<T> type) {
        return bound(mapper.constructType(type));
    }

    /** All of it, where the keys are names that people chose. */
    public <T> Map<String, T> asMapOf(Class<T> type) {
        return bound(mapper.getTypeFactory().constructMapType(Map.class, String.class, type));
    }

    private <T> T bound(JavaType type) {
        try {
            return mapper.readValue(text, type);
        } catch (UnrecognizedPropertyException e) {
            var known = e.getKnownPropertyIds().stream().map(Object::toString).sorted().toList();
            throw unknown(path(e), e.getPropertyName(), known, "key");
        } catch (MismatchedInputException e) {
            throw mismatch(path(e), isListOfText(e) ? List.class : e.getTargetType());
        } catch (JacksonException e) {
            throw syntax(e);
        }
    }

    /** Notes where everything is, and refuses what a reader would silently take for something else. */
    private void look() {
        try (var parser = mapper.createParser(text)) {
            if (parser.nextToken() == null) return;
            look(parser, "");
            if (parser.nextToken() != null) {
                throw bad("", "a second document follows", "keep one document in a file: no line of ---.");
            }
        } catch (JacksonException e) {
            throw syntax(e);
        }
    }

    private void look(JsonParser parser, String path) {
        var at = parser.currentTokenLocation();
        var token = parser.currentToken();
        values.put(
            path,
            new Place(at.getLineNr(), at.getColumnNr(), token, token.isScalarValue() ? parser.getString() : null));
        if (parser instanceof YAMLParser yaml && yaml.isCurrentAlias()) {
            throw badValue(
                path,
                named(path) + " is an alias",
                "write the value itself: anchors and aliases are not read.");
        }
        if (token == JsonToken.START_ARRAY) {
            for (int i = 0; parser.nextToken() != JsonToken.END_ARRAY; i++) look(parser, path + "[" + i + "]");
        } else if (token == JsonToken.START_OBJECT) {
            while (parser.nextToken() != JsonToken.END_OBJECT) {
                var child = path.isEmpty() ? parser.currentName() : path + "." + parser.currentName();
                var key = parser.currentTokenLocation();
                keys.put(child, new Place(key.getLineNr(), key.getColumnNr(), null, null));
                parser.nextToken();
                look(parser, child);
            }
        }
    }

    /** Jackson names the type of the elements, because one of them may stand for a list of one. */
    private static boolean isListOfText(MismatchedInputException e) {
        var last = e.getPath().isEmpty() ? null : e.getPath().getLast();
        if (e.getTargetType() != String.class || last == null || last.getPropertyName() == null) return false;
        var name = last.getPropertyName().replace("_", "");
        return last.from() instanceof Class<?> owner && owner.isRecord() && Arrays.stream(owner.getRecordComponents())
            .filter(c -> c.getName().equalsIgnoreCase(name))
            .anyMatch(c -> Collection.class.isAssignableFrom(c.getType()));
    }

    private static String path(DatabindException e) {
        var path = new StringBuilder();
        for (var step : e.getPath()) {
            if (step.getPropertyName() == null) {
                path.append('[').append(step.getIndex()).append(']');
            } else {
                path.append(path.isEmpty() ? "" : ".").append(step.getPropertyName());
            }
        }
        return path.toString();
    }

    private static String named(String path) {
        return path.isEmpty() ? "the file" : path;
    }

    private static final Pattern PLACE_IN_MESSAGE = Pattern.compile("in reader, line (\\d+), column (\\d+):");

    /** Of the parser's message the reason alone: around it stand a wider place, and pieces of the file. */
    private Failure syntax(JacksonException e) {
        var at = e.getLocation();
        var where = at == null || at.getLineNr() < 1 ? "" : at(at.getLineNr(), at.getColumnNr());
        var places = PLACE_IN_MESSAGE.matcher(e.getOriginalMessage());
        while (places.find()) where = "line " + places.group(1) + ", column " + places.group(2) + ": ";
        var reason = e.getOriginalMessage()
            .lines()
            .filter(l -> !l.isBlank() && !l.startsWith(" "))
            .reduce((first, second) -> second)
            .orElse("unreadable")
            .replaceFirst("^Unrecognized token '.*?':", "Unrecognized token:");
        return Failure.usage(
            file + ": " + where + reason.substring(0, 1).toLowerCase(Locale.ROOT) + reason.substring(1),
            "YAML indents with spaces and writes key: value; names of .json files mean JSON.");
    }

    private static String at(int line, int column) {
        return "line " + line + ", column " + column + ": ";
    }

    private Failure mismatch(String path, Class<?> wanted) {
        var found = values.get(path);
        var expected = expected(wanted);
        return badValue(path, named(path) + " must " + expected + ", not " + shown(path, found), hint(expected));
    }

    private static String expected(Class<?> wanted) {
        if (wanted == null) return "be something else";
        if (wanted == Boolean.class || wanted == boolean.class) return "be true or false";
        if (Number.class.isAssignableFrom(wanted) || wanted.isPrimitive()) return "be a number";
        if (Collection.class.isAssignableFrom(wanted)) return "be a list";
        if (wanted == String.class) return "be text";
        return "hold keys and values";
    }

    private static String hint(String expected) {
        return switch (expected) {
            case "be a number" -> "write numbers like 80 or 99.5, without quotes.";
            case "be a list" -> "write it like [one, two].";
            case "hold keys and values" -> "write it like key: value.";
            default -> null;
        };
    }

    private static String shown(String path, Place found) {
        return switch (found.token()) {
            case START_ARRAY -> "a list";
            case START_OBJECT -> "a group of keys";
            case VALUE_NULL -> "nothing";
            default -> path.isEmpty() || isPrivate(path) || found.text().length() > 60 ? "this text"
                : "'" + found.text() + "'";
        };
    }

    /** What belongs to a connection may be a password in the wrong place. */
    private static boolean isPrivate(String path) {
        return path.matches("(?i).*(connection|targets|pass|secret|token|key|url|user).*");
    }

    /** Refuses keys that are followed by nothing, below the outermost: a default there would be a guess. */
    public void requireValues() {
        values.forEach((path, place) -> {
            boolean inner = path.contains(".") || path.contains("[");
            if (inner && place.token() == JsonToken.VALUE_NULL) throw bad(path, path + " has no value", null);
        });
    }

    /** A number within its limits; null stays null. */
    public void require(String path, Double value, double least, double most) {
        if (value == null || value >= least && value <= most) return;
        throw badValue(
            path,
            path + ": " + plain(value) + " is not between " + plain(least) + " and " + plain(most),
            null);
    }

    /** The same for a whole number. */
    public void requireWhole(String path, Double value, double least, double most) {
        require(path, value, least, most);
        if (value != null && value != Math.rint(value)) {
            throw badValue(path, path + ": " + value + " is not whole", null);
        }
    }

    private static String plain(double number) {
        return number == Math.rint(number) && Math.abs(number) < 1e18 ? String.valueOf((long) number)
            : String.valueOf(number);
    }

    /** A word that is not one of those known: a key, or a value. @param path of the key, or of the value */
    public Failure unknown(String path, String word, List<String> known, String what) {
        if (word.toLowerCase(Locale.ROOT).contains("passw")) {
            return bad(
                path,
                (word.matches("\\w+") ? path : "a password") + ": a password does not belong in a config file",
                "set PGPASSWORD, or add a line to ~/.pgpass.");
        }
        boolean isKey = keys.containsKey(path) && path.endsWith(word);
        var name = isKey ? path : word;
        boolean isWord = word.matches("[\\w -]{1,60}");
        var unknown = (isKey ? "" : path + ": ") + "unknown " + what + (isWord ? " '" + name + "'" : "");
        var near = Spelling.didYouMean(word, known).strip();
        var message = unknown + (near.isEmpty() ? "" : ", " + near);
        var hint = "known: " + String.join(", ", known) + ".";
        return isKey ? bad(path, message, hint) : badValue(path, message, hint);
    }

    /** What another class makes of a value, which may find it wrong. @param path where the value stands */
    public <T> T at(String path, Supplier<T> reading) {
        try {
            return reading.get();
        } catch (Failure wrong) {
            throw badValue(path, path + ": " + wrong.getMessage(), wrong.hint());
        }
    }

    /** A mistake in a key, or in what is missing below it. @param path empty for the whole */
    public Failure bad(String path, String message, String hint) {
        return bad(keys.getOrDefault(path, values.get(path)), message, hint);
    }

    /** A mistake in a value. */
    public Failure badValue(String path, String message, String hint) {
        return bad(values.get(path), message, hint);
    }

    private Failure bad(Place place, String message, String hint) {
        return Failure.usage(file + ": " + (place == null ? "" : at(place.line(), place.column())) + message, hint);
    }
}
