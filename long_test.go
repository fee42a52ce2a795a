package main

import "os"

// long is whether tests take their time: VITALS_LONG=1.
var long = os.Getenv("VITALS_LONG") == "1"
