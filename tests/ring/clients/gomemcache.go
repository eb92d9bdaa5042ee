// Where gomemcache puts keys. Standard input: one server a line (host and port, with a tab between them), an empty
// line, one key a line in hex. Standard output: the servers' indices.
package main

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"os"
	"strings"

	"github.com/bradfitz/gomemcache/memcache"
)

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func main() {
	input := bufio.NewScanner(os.Stdin)
	output := bufio.NewWriter(os.Stdout)
	defer output.Flush()
	var servers []string
	indices := map[string]int{}
	for input.Scan() && input.Text() != "" {
		parts := strings.Split(input.Text(), "\t")
		server := parts[0] + ":" + parts[1]
		indices[server] = len(servers)
		servers = append(servers, server)
	}
	var list memcache.ServerList
	check(list.SetServers(servers...))
	for input.Scan() {
		key, err := hex.DecodeString(input.Text())
		check(err)
		address, err := list.PickServer(string(key))
		check(err)
		fmt.Fprintln(output, indices[address.String()])
	}
	check(input.Err())
}
