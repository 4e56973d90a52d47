package lib;

import java.lang.reflect.Constructor;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
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
    private record Shape(Constructor<?> constructor, List<String> names, List<Type> types) {}

    private final JsonParser json;
    private final Map<Class<?>, Shape> shapes = new HashMap<>();

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
                case VALUE_NULL -> type instanceof Class<?> c && c.isPrimitive() ? nothing(c) : null;
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
        var shape = shapes.computeIfAbsent(raw(type), RecordReader::shape);
        var values = new Object[shape.names().size()];
        for (int i = 0; i < values.length; i++) {
            if (shape.types().get(i) instanceof Class<?> c && c.isPrimitive()) values[i] = nothing(c);
        }
        while (json.nextToken() == JsonToken.PROPERTY_NAME) {
            int i = shape.names().indexOf(json.currentName());
            json.nextToken();
            if (i < 0) json.skipChildren();
            else values[i] = value(shape.types().get(i));
        }
        try {
            return shape.constructor().newInstance(values);
        } catch (ReflectiveOperationException e) {
            throw wrong(String.valueOf(e.getCause() == null ? e.getMessage() : e.getCause().getMessage()));
        }
    }

    private static Shape shape(Class<?> type) {
        var names = new ArrayList<String>();
        var types = new ArrayList<Type>();
        var raw = new ArrayList<Class<?>>();
        for (var component : type.getRecordComponents()) {
            names.add(component.getName());
            types.add(component.getGenericType());
            raw.add(component.getType());
        }
        try {
            var constructor = type.getDeclaredConstructor(raw.toArray(Class<?>[]::new));
            constructor.setAccessible(true);
            return new Shape(constructor, names, types);
        } catch (NoSuchMethodException e) {
            throw new IllegalStateException(e);   // every record has it
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

    private static Object nothing(Class<?> primitive) {
        if (primitive == boolean.class) return false;
        if (primitive == int.class) return 0;
        if (primitive == long.class) return 0L;
        if (primitive == double.class) return 0.0;
        throw new IllegalArgumentException("no JSON for " + primitive);
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
