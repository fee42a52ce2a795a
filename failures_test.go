package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// failures are what people met again and again in other programs that read
// their scales, trackers and meters, and what keeps it from happening here: the
// tests that hold it off, as folder.Test, or why it cannot happen.
var failures = []struct {
	what  string
	tests string
	never string
}{
	{"the grant of a project in Testing ends after seven days, and nobody says why",
		"fitbit.TestSignInOfTestingProject fitbit.TestDeadGrant", ""},
	{"one has to sign in again although the project is published, and the data is gone until then",
		"fitbit.TestDeadGrant internal/command.TestAFailureIsNotReportedAsSuccess internal/command.TestSyncReportAndStartingAgainOffline", ""},
	{"every call is refused while the grant can still be renewed, again and again",
		"internal/refresh.TestACallThatIsRefusedIsNotRepeated fitbit.TestRefusals internal/command.TestEveryStateOfTheGrantIsNamed internal/command.TestOneRefusedTypeIsNotEveryCall", ""},
	{"boxes of the consent page were left unticked, and everything fails",
		"fitbit.TestSignInWithUntickedBoxes fitbit.TestMissingScopes internal/refresh.TestOneTypeThatFailsLeavesTheOthers", ""},
	{"two programs spend one refresh token",
		"fitbit.TestTwoClientsOneGrant fitbit.TestOneRenewalForAll fitbit.TestUnsavedRotationIsNotLost internal/config.TestOneTokenIsSpentOnce internal/config.TestLockKeepsOutAnotherProcess fitbit.TestARefusedGrantIsLookedAtAgain fitbit.TestAnInterruptedRenewalIsStored .TestManyProgramsShareOneGrant internal/command.TestTwoProgramsFinishOneSignIn", ""},
	{"a passing fault of the token server ends the program",
		"fitbit.TestAPassingTroubleOfTheTokenServerIsNoEnd fitbit.TestTokenEndpointInTrouble fitbit.TestEveryPassingTroubleOfTheTokenServer", ""},
	{"the file with the token is empty after a crash",
		"internal/config.TestFullDiskLeavesTheOldContent internal/config.TestKeepGrant .TestCutOff .TestSavedMeansOnTheDisk .TestAFullDisk", ""},
	{"everything failed, and the sync says success",
		"internal/command.TestAFailureIsNotReportedAsSuccess internal/refresh.TestOneTypeThatFailsLeavesTheOthers internal/refresh.TestAReadingOfNoUseDoesNotHideAFullDisk", ""},
	{"only the first page is read",
		"fitbit.TestOnlyTheFirstPageIsNotEnough fitbit.TestRollUpPages fitbit.TestEndlessListEnds", ""},
	{"a day of 229,313 kcal: each sync counts its hours from another minute and adds them",
		"internal/refresh.TestEachSyncDoesNotAddNewHours internal/view.TestHoursFetchedFromAnotherMinuteAreNotAddedTwice internal/command.TestAbsurdFiguresAreToldAndKeptAndCountNowhere internal/view.TestAnAbsurdDayIsShownAsNoData internal/health.TestWhatNobodyCanBurnOrWalk", ""},
	{"the total is active energy alone where resting energy is missing",
		"fitbit.TestTheTotalIsNeverActiveEnergyAlone fitbit.TestMissingIsNotZero", ""},
	{"days added up in UTC differ from the person's, and today looks like a whole day",
		"fitbit.TestDayTotals internal/refresh.TestSyncUsesTheAccountsZone internal/view.TestARunningDayIsNotSpreadOverItsRest", ""},
	{"a reading near midnight is filed under the wrong day, or today is taken from the server's clock",
		"internal/refresh.TestNothingIsFiledUnderTheWrongDay fitbit.TestMidnightPutsNothingUnderTheWrongDate fitbit.TestCivilDates internal/view.TestSnapshotZone", ""},
	{"a day vanishes or doubles on a journey",
		"internal/refresh.TestNoDayVanishesOrDoublesOnAJourney internal/view.TestHoursFetchedFromAnotherMinuteAreNotAddedTwice", ""},
	{"bars move in another viewer's zone, or where the clocks change",
		"internal/timeline.TestBucketEdges internal/timeline.TestBucketsTileTime internal/view.TestADayThatIsCutGoesByItsHours internal/command.TestElectricityOverTheClockChange", ""},
	{"kilograms, pounds and stone are mixed up",
		"internal/health.TestFormatWeight internal/command.TestBodyExports", ""},
	{"a percentage is taken for a fraction, or the other way round",
		"internal/health.TestAFractionIsNotTakenForPercent fitbit.TestAbsurdReadingsAreKept internal/command.TestAbsurdFiguresAreToldAndKeptAndCountNowhere", ""},
	{"a difference does not match the two numbers beside it",
		"", "nothing here prints the difference of two weights that are shown: a rate is that of a line, a comparison a percentage"},
	{"the same reading is there twice",
		"fitbit.TestAReadingThatIsListedTwiceIsKeptOnce internal/health.TestMirrorsCountOnce internal/refresh.TestSyncFetchesAllHistoryOnceAndThenWhatIsNew", ""},
	{"phone and watch are added together, or one is thrown away",
		"fitbit.TestDayTotalRequest fitbit.TestListRequests", ""},
	{"somebody else's weight is taken for one's own",
		"internal/health.TestGuestsAreHeldBack internal/health.TestTheOwnerDecides internal/view.TestSnapshotBody", ""},
	{"body fat is missing, or another weigh-in's",
		"internal/health.TestFatIsPairedByTimeAndSource internal/health.TestAnothersBodyFatIsNotTaken internal/health.TestFatOfACopyIsThatOfTheWeighIn internal/view.TestSnapshotBody", ""},
	{"the BMI is missing, or of another height",
		"internal/view.TestSnapshotBody internal/health.TestHeightAt internal/health.TestAHeightThatIsNobodysCountsNowhere", ""},
	{"the latest weight is forgotten at midnight",
		"internal/health.TestLatestIsTheNewestAccepted internal/refresh.TestSyncFetchesAllHistoryOnceAndThenWhatIsNew", ""},
	{"fetching the history takes days, and begins anew when it is cut short",
		"internal/refresh.TestTenYearsAreFetchedInMinutesNotDays internal/refresh.TestAKilledSyncGoesOnWhereItStopped internal/refresh.TestAfterALongAbsenceAKilledSyncGoesOn .TestCutOff", ""},
	{"each look fetches everything again",
		"internal/refresh.TestSyncFetchesAllHistoryOnceAndThenWhatIsNew internal/refresh.TestHoursSomebodyLooksAtAreFetchedOnce internal/refresh.TestWatchKeepsTheCadence", ""},
	{"the service's limits are hit",
		"fitbit.TestGooglesLimitIsNotHit fitbit.TestTheLimitToldInAnErrorIsKept fitbit.TestPatience fitbit.TestRetryAfterDate fitbit.TestAPauseIsKeptWhateverTheClocksSay internal/command.TestChaosEndsAsACalmDay", ""},
	{"another account takes the place of a history",
		"internal/refresh.TestSyncKeepsTwoPeopleApart internal/refresh.TestSyncOfAnUnknownAccountAddsNothingToAHistory internal/refresh.TestHoursOfAnUnknownAccountAreNotAsked", ""},
	{"a backup that cannot be restored",
		"internal/store.TestRestore internal/store.TestABackupWhileOthersSave internal/store.TestNoBackupOfADamagedHistory internal/store.TestRestoreOverADamagedHistoryWithALog internal/store.TestARestoreIsKilled internal/command.TestBackupAndRestore", ""},
	{"huge or negative electricity after a meter's reset, an outage, midnight",
		"internal/energy.TestRowsToEnergy internal/energy.TestDroppedReadingsAreNamed internal/energy.TestSharedCases", ""},
	{"years of history make it slow",
		"internal/view.TestQuarterHoursAreKeptUntilTheyChange internal/energy.TestRefreshReadsTwoDays", ""},
	{"years of history fill the memory",
		"internal/energy.TestALargeDatabaseIsNotHeldInMemory", ""},
	{"SQLite itself damages a file that two programs write to",
		"internal/store.TestSQLiteVersion internal/store.TestTwoProcesses .TestTwoWriters .TestTwoDashboardsAndCron", ""},
}

func TestFailuresOfOthersHaveTheirTests(t *testing.T) {
	known := map[string]map[string]bool{} // the tests of a folder
	seen := map[string]bool{}
	for _, f := range failures {
		if seen[f.what] || (f.tests == "") == (f.never == "") {
			t.Errorf("%q: said twice, or neither held off nor impossible", f.what)
		}
		seen[f.what] = true
		for name := range strings.FieldsSeq(f.tests) {
			folder, test, _ := strings.Cut(name, ".")
			if known[folder] == nil {
				known[folder] = testsIn(t, folder)
			}
			if !known[folder][test] {
				t.Errorf("%q: there is no test %s", f.what, name)
			}
		}
	}
	if len(failures) != 33 {
		t.Errorf("%d failures of 33", len(failures))
	}
}

// promised finds the names of tests.
var promised = regexp.MustCompile(`\b(Test|Fuzz)[A-Z]\w*`)

// What SECURITY.md promises is held by the tests that it names.
func TestPromisesHaveTheirTests(t *testing.T) {
	text, err := os.ReadFile("SECURITY.md")
	if err != nil {
		t.Fatal(err)
	}
	named := promised.FindAllString(string(text), -1)
	if len(named) < 10 {
		t.Errorf("only %d tests are named", len(named))
	}
	missing := map[string]bool{}
	for _, name := range named {
		missing[name] = true
	}
	err = filepath.WalkDir(".", func(folder string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() {
			for name := range testsIn(t, folder) {
				delete(missing, name)
			}
		}
		return err
	})
	if err != nil || len(missing) > 0 {
		t.Errorf("there is no test %v, %v", missing, err)
	}
}

// testsIn returns the names of the tests in a folder.
func testsIn(t *testing.T, folder string) map[string]bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(filepath.FromSlash(folder), "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), path, text, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, declared := range parsed.Decls {
			if f, ok := declared.(*ast.FuncDecl); ok && f.Recv == nil && promised.MatchString(f.Name.Name) {
				names[f.Name.Name] = true
			}
		}
	}
	return names
}
