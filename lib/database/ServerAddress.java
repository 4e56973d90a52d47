package lib.database;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import javax.net.SocketFactory;

/**
 * One server that may be meant. A name can lead to several machines (localhost is ::1 and 127.0.0.1), and the JDBC
 * driver and libpq do not try them in the same order: so one address is chosen here and handed to everybody.
 *
 * @param host as given, for certificates and messages; a directory for a Unix socket
 * @param address the IP address to go to; null for a Unix socket
 */
record ServerAddress(String host, String address, int port) {
    boolean isSocket() {
        return host.startsWith("/");
    }

    /** "127.0.0.1:5432". */
    String place() {
        if (isSocket()) return host + "/.s.PGSQL." + port;
        return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
    }

    /** Made by the driver by this class's name: its sockets go to one address, whatever the host's name leads to. */
    public static final class Sockets extends SocketFactory {
        private final String address;

        /** @param address of the server, as digits */
        public Sockets(String address) {
            this.address = address;
        }

        @Override
        public Socket createSocket() {
            return new Socket() {
                @Override
                public void connect(SocketAddress named, int timeoutMillis) throws IOException {
                    super.connect(
                        new InetSocketAddress(InetAddress.getByName(address), ((InetSocketAddress) named).getPort()),
                        timeoutMillis);
                }
            };
        }

        @Override
        public Socket createSocket(String host, int port) throws IOException {
            return new Socket(InetAddress.getByName(address), port);
        }

        @Override
        public Socket createSocket(InetAddress host, int port) throws IOException {
            return new Socket(InetAddress.getByName(address), port);
        }

        @Override
        public Socket createSocket(String host, int port, InetAddress local, int localPort) throws IOException {
            return new Socket(InetAddress.getByName(address), port, local, localPort);
        }

        @Override
        public Socket createSocket(InetAddress host, int port, InetAddress local, int localPort) throws IOException {
            return new Socket(InetAddress.getByName(address), port, local, localPort);
        }
    }
}
