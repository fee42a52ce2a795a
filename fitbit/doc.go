// Package fitbit speaks with Google Health, the service that took over the
// data of Fitbit accounts: it signs people in and reads what is stored about
// them. It is the only package that knows HTTP.
//
// Errors of this package are sentences for users with a hint (see Error).
package fitbit
