# frozen_string_literal: true

# Where Dalli's ring puts keys. Standard input: one server a line (host, port, weight, with tabs between them; port 0 is
# a Unix socket), an empty line, one key a line in hex. Standard output: the servers' indices.

require 'dalli'

lines = $stdin.each_line(chomp: true).to_a
blank = lines.index('')
servers = lines[0...blank].map do |line|
  host, port, weight = line.split("\t")
  Dalli::Protocol::Binary.new(port == '0' ? "#{host}:#{weight}" : "#{host}:#{port}:#{weight}")
end
# The ring asks before it answers, and a server answers by connecting.
servers.each { |server| server.define_singleton_method(:alive?) { true } }
ring = Dalli::Ring.new(servers, threadsafe: false)
lines[(blank + 1)..].each do |line|
  chosen = ring.server_for_key([line].pack('H*'))
  puts(servers.index { |server| server.equal?(chosen) })
end
