//SOURCES RecordFields.java
package lib;

import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.exc.StreamReadException;

/**
 * Reads JSON into records. Databind does that too, and needs half a second of CPU before its first letter, which is
 * longer than most commands take that read a backup.json. Properties that a record does not have are skipped: a newer
 * tool may have added some.
 */
final class RecordReader {
    private final JsonParser json;

    RecordReader(JsonParser json) {
        this.json = json;
    }

    /** All of the text as one value. */
    <T> T read(Class<T> type) {
        json.nextToken();
        var value = value(type);
        if (json.nextToken() != null) throw wrong("something follows the end");
        @SuppressWarnings("unchecked")
        var typed = (T) value;
        return typed;
    }

    private Object value(Type type) {
        try {
            return switch (json.currentToken()) {
                case VALUE_NULL -> type instanceof Class<?> c ? RecordFields.unknown(c) : null;
                case START_OBJECT -> object(type);
                case START_ARRAY -> array(type);
                case VALUE_STRING -> text(type, json.getString());
                case VALUE_TRUE, VALUE_FALSE -> truth(type, json.getBooleanValue());
                case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> number(type);
                case null, default -> throw wrong("a value is missing");
            };
        } catch (IllegalArgumentException | DateTimeException e) {
            throw wrong(e.getMessage());
        }
    }

    private Object object(Type type) {
        if (raw(type) == Object.class || Map.class.isAssignableFrom(raw(type))) return map(argument(type, 1));
        if (!raw(type).isRecord()) throw wrong("an object where there should be none");
        var fields = RecordFields.of(raw(type).asSubclass(Record.class));
        while (json.nextToken() == JsonToken.PROPERTY_NAME) {
            var component = fields.component(json.currentName());
            json.nextToken();
            if (component == null) {
                json.skipChildren();
            } else {
                fields.with(component.name(), value(component.declared()));
            }
        }
        try {
            return fields.restUnknown().record();
        } catch (RuntimeException e) {
            throw wrong(String.valueOf(e.getMessage()));
        }
    }

    private Map<String, Object> map(Type of) {
        var map = new LinkedHashMap<String, Object>();
        while (json.nextToken() == JsonToken.PROPERTY_NAME) {
            var name = json.currentName();
            json.nextToken();
            map.put(name, value(of));
        }
        return map;
    }

    private Collection<Object> array(Type type) {
        if (!raw(type).isAssignableFrom(List.class) && raw(type) != Set.class) {
            throw wrong("a list where there should be none");
        }
        Collection<Object> list = raw(type) == Set.class ? new LinkedHashSet<>() : new ArrayList<>();
        var of = argument(type, 0);
        while (json.nextToken() != JsonToken.END_ARRAY) list.add(value(of));
        return list;
    }

    private Object text(Type type, String text) {
        var raw = raw(type);
        if (raw.isAssignableFrom(String.class)) return text;
        if (raw == Instant.class) return Instant.parse(text);
        if (raw.isEnum()) return constant(raw, text);
        throw wrong("a text where there should be none");
    }

    private static Object constant(Class<?> type, String name) {
        for (var constant : type.getEnumConstants()) {
            if (((Enum<?>) constant).name().equals(name)) return constant;
        }
        throw new IllegalArgumentException("'" + name + "' is not one of its words");
    }

    private Object truth(Type type, boolean value) {
        var raw = raw(type);
        if (raw == boolean.class || raw.isAssignableFrom(Boolean.class)) return value;
        throw wrong("true or false where there should be none");
    }

    private Object number(Type type) {
        var raw = raw(type);
        if (raw == long.class || raw == Long.class) return json.getLongValue();
        if (raw == int.class || raw == Integer.class) return json.getIntValue();
        if (raw == double.class || raw == Double.class) return json.getDoubleValue();
        if (raw == String.class) return json.getString();
        if (raw.isAssignableFrom(Number.class)) return json.getNumberValue();
        throw wrong("a number where there should be none");
    }

    private static Class<?> raw(Type type) {
        if (type instanceof ParameterizedType p) return (Class<?>) p.getRawType();
        return type instanceof Class<?> c ? c : Object.class;
    }

    private static Type argument(Type type, int i) {
        return type instanceof ParameterizedType p ? p.getActualTypeArguments()[i] : Object.class;
    }

    private StreamReadException wrong(String what) {
        return new StreamReadException(json, what);
    }
}
