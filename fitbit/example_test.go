package fitbit_test

import (
	"fmt"
	"time"

	"vitals/fitbit"
)

// After somebody allowed access, the browser is sent to an address that nobody
// serves. They copy it from the address bar and paste it.
func ExampleAttempt_Read() {
	attempt := fitbit.Attempt{
		RedirectURL: "http://127.0.0.1:8765/",
		State:       "kept-from-the-beginning",
		Started:     time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC),
	}
	answer, err := attempt.Read("http://127.0.0.1:8765/?state=kept-from-the-beginning&code=4%2F0AbC-d_9&scope=openid")
	fmt.Println(string(answer.Code), answer.StateUnchecked, err)

	_, err = attempt.Read("http://127.0.0.1:8765/?state=of-another-sign-in&code=4%2F0AbC-d_9")
	fmt.Println(err)
	// Output:
	// 4/0AbC-d_9 false <nil>
	// that answer belongs to another sign-in attempt
}
