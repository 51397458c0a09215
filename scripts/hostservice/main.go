// Command hostservice answers on a port of the loopback interface, so that the
// demo can show that a sandbox does not reach it. It prints the port, says
// hello to everybody who connects, and ends by a signal.
package main

import (
	"fmt"
	"log"
	"net"
)

func main() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(l.Addr().(*net.TCPAddr).Port)
	for {
		c, err := l.Accept()
		if err != nil {
			log.Fatal(err)
		}
		fmt.Fprintln(c, "hello")
		c.Close()
	}
}
